"""``idp-sim decode`` of metadata: roles, keys, endpoints and their bindings."""

from cryptography.hazmat.primitives import hashes

from idp_sim.decode.metadata import MOST_ENTITIES
from idp_sim.keyring import Keyring
from idp_sim.saml.metadata import idp_metadata
from portal_stub.config import SamlSettings, Settings
from portal_stub.saml.metadata import metadata as portal_metadata
from tests.idp_core.decoding import facts, read, titles

MD = 'xmlns="urn:oasis:names:tc:SAML:2.0:metadata"'
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"


def test_an_identity_provider_is_told_with_its_keys_and_endpoints() -> None:
    keyring = Keyring.ephemeral()
    signing, ec = keyring.certificate("signing"), keyring.certificate("ec")
    decoded = read(idp_metadata("http://idp", "http://idp/sso", [signing, ec], "http://idp/slo"))
    assert decoded.what == "SAML metadata of one entity"
    assert titles(decoded) == ["Entity", "Identity provider (IDPSSODescriptor)"]
    assert facts(decoded, "Entity") == {"entity ID": ["http://idp"]}
    told = facts(decoded, "Identity provider (IDPSSODescriptor)")
    assert told["WantAuthnRequestsSigned"] == ["false"]
    assert told["key for"] == ["signing", "signing"]
    assert told["key"] == ["RSA, 2048 bits", "elliptic curve secp256r1"]
    assert told["SHA-1"] == [each.fingerprint(hashes.SHA1()).hex(":") for each in (signing, ec)]
    assert told["SHA-256"] == [each.fingerprint(hashes.SHA256()).hex(":") for each in (signing, ec)]
    assert told["SingleSignOnService"] == ["http://idp/sso by HTTP-Redirect", "http://idp/sso by HTTP-POST"]
    assert told["SingleLogoutService"] == ["http://idp/slo by HTTP-Redirect", "http://idp/slo by HTTP-POST"]
    assert told["NameID format"] == ["emailAddress", "unspecified"]


def test_a_portal_is_told_as_well() -> None:
    decoded = read(
        portal_metadata(Settings(saml=SamlSettings(sign_requests=True)), Keyring.ephemeral().certificate("ec"))
    )
    told = facts(decoded, "Service provider (SPSSODescriptor)")
    (consumer,) = told["AssertionConsumerService"]
    assert consumer.startswith("http://portal.localhost:5002/login/saml by HTTP-POST, index ")
    assert told["AuthnRequestsSigned"] == ["true"]


def test_what_else_an_endpoint_and_a_role_can_say() -> None:
    decoded = read(
        f'<EntityDescriptor {MD} entityID="http://p" validUntil="2026-03-15T15:09:26Z" cacheDuration="PT1H">'
        '<SPSSODescriptor WantAssertionsSigned="true"><KeyDescriptor><EncryptionMethod '
        'Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/></KeyDescriptor>'
        f'<SingleLogoutService Binding="{BINDINGS}SOAP" Location="http://p/a" ResponseLocation="http://p/b"/>'
        '<AssertionConsumerService Location="http://p/acs" index="1" isDefault="true"/><AttributeConsumingService>'
        '<RequestedAttribute Name="mail" isRequired="true"/><RequestedAttribute Name="phone"/>'
        "</AttributeConsumingService></SPSSODescriptor><Organization/></EntityDescriptor>"
    )
    assert facts(decoded, "Entity")["valid until"] == [
        "2026-03-15T15:09:26Z, 1 day from now (it is 2026-03-14T15:09:26Z)"
    ]
    assert facts(decoded, "Service provider (SPSSODescriptor)") == {
        "WantAssertionsSigned": ["true"],
        "key for": ["signing and encryption"],
        "encrypt by": ["aes256-gcm"],
        "SingleLogoutService": ["http://p/a by SOAP, answers to http://p/b"],
        "AssertionConsumerService": ["http://p/acs by (no binding), index 1, the default"],
        "attribute wanted": ["mail (required)", "phone"],
    }


def test_of_many_entities_the_first_are_told_and_the_others_counted() -> None:
    entity = '<EntityDescriptor entityID="http://p"><IDPSSODescriptor/></EntityDescriptor>'
    few = read(f'<EntitiesDescriptor {MD} Name="all">{entity * 2}</EntitiesDescriptor>')
    assert facts(few, "Entities") == {"name": ["all"], "entities": ["2"]}
    assert titles(few).count("Entity") == 2
    many = read(f"<EntitiesDescriptor {MD}>{entity * 30}</EntitiesDescriptor>")
    assert facts(many, "Entities") == {"entities": ["30, the first 20 of them below"]}
    assert titles(many).count("Entity") == MOST_ENTITIES
    assert (many.xml or "").count("<IDPSSODescriptor/>") == 30


def test_sections_beyond_the_first_are_counted() -> None:
    signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
    decoded = read(f"<EntityDescriptor {MD}>{signature * 75}</EntityDescriptor>")
    assert titles(decoded)[-1] == "And 15 more that are not told here"
