"""Peers that the project does not depend on: the dependency group ``bench``. One that is not installed is left out."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from idp_sim.login import SamlLogin
from idp_sim.saml.metadata import idp_metadata
from portal_stub.config import Settings
from portal_stub.saml.metadata import metadata

Turn = Callable[[], object]

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"


def missing() -> list[str]:
    """Return what has to be installed before all peers take part."""
    packages = {"minisignxml": "minisignxml", "pysaml2": "saml2"}
    wanted = [name for name, module in packages.items() if not importlib.util.find_spec(module)]
    return wanted + ([] if shutil.which("xmlsec1") else ["xmlsec1 (a package of the system; pysaml2 calls it)"])


def _has_pysaml2() -> bool:
    return importlib.util.find_spec("saml2") is not None and shutil.which("xmlsec1") is not None


def that_sign(unsigned: bytes, key: RSAPrivateKey, certificate: x509.Certificate) -> dict[str, Turn]:
    """Return minisignxml's turn: it signs the assertion of this message."""
    if not importlib.util.find_spec("minisignxml"):
        return {}
    from minisignxml.config import SigningConfig  # noqa: PLC0415 - a peer that may not be there
    from minisignxml.sign import sign  # noqa: PLC0415

    config = SigningConfig.default()
    return {
        "minisignxml": lambda: sign(
            element=etree.fromstring(unsigned).find(ASSERTION), private_key=key, certificate=certificate, config=config
        )
    }


def that_mint(login: SamlLogin, settings: Settings, keys: dict[str, str]) -> dict[str, Turn]:
    """Return pysaml2's turn: its identity provider answers with the same identity."""
    if not _has_pysaml2():
        return {}
    from saml2.config import IdPConfig  # noqa: PLC0415 - a peer that may not be there
    from saml2.saml import NameID  # noqa: PLC0415
    from saml2.server import Server  # noqa: PLC0415

    places = {"single_sign_on_service": [(settings.saml.login_url, REDIRECT)]}
    inline = {"inline": [metadata(settings).decode()]}
    config = {"entityid": login.issuer, "service": {"idp": {"endpoints": places}}, "metadata": inline, **keys}
    server = Server(config=IdPConfig().load(config))
    name_id = NameID(format=login.name_id_format, text=login.name_id)
    authn = {"class_ref": login.authn_context, "authn_auth": login.issuer}

    def answer() -> object:
        return server.create_authn_response(
            dict(login.attributes), login.in_response_to, login.destination, login.audience,
            name_id=name_id, authn=authn, sign_assertion=True, sign_response=False,
        )  # fmt: skip

    return {"pysaml2": answer}


def that_verify(xml: bytes, certificate: x509.Certificate) -> dict[str, Turn]:
    """Return minisignxml's turn: it verifies the signature of this message."""
    if not importlib.util.find_spec("minisignxml"):
        return {}
    from minisignxml.config import VerifyConfig  # noqa: PLC0415 - a peer that may not be there
    from minisignxml.verify import extract_verified_element  # noqa: PLC0415

    config = VerifyConfig.default()
    return {
        "minisignxml, signature only": lambda: extract_verified_element(xml=xml, certificate=certificate, config=config)
    }


def that_judge(
    login: SamlLogin, message: str, settings: Settings, certificate: x509.Certificate, keys: dict[str, str]
) -> dict[str, Turn]:
    """Return pysaml2's turn: its service provider judges this message."""
    if not _has_pysaml2():
        return {}
    from saml2.client import Saml2Client  # noqa: PLC0415 - a peer that may not be there
    from saml2.config import SPConfig  # noqa: PLC0415

    provider = {
        "endpoints": {"assertion_consumer_service": [(login.destination, POST)]},
        "want_response_signed": False,
        "want_assertions_signed": True,
    }
    trusted = idp_metadata(login.issuer or "", settings.saml.login_url, [certificate]).partition(b"?>")[2].decode()
    config = {"entityid": login.audience, "service": {"sp": provider}, "metadata": {"inline": [trusted]}, **keys}
    client = Saml2Client(config=SPConfig().load(config))

    def validate() -> object:
        found = client.parse_authn_request_response(message, POST, outstanding={login.in_response_to: "/"})
        if found is None:
            raise AssertionError("pysaml2 refused the message")
        return found

    return {"pysaml2": validate}


def keys_of_pysaml2(folder: Path, key: RSAPrivateKey, certificate: x509.Certificate) -> dict[str, str]:
    """Write the key and its certificate where pysaml2 can read them, and return the settings that say where."""
    files = {"key_file": folder / "key.pem", "cert_file": folder / "certificate.pem"}
    files["key_file"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files["cert_file"].write_bytes(certificate.public_bytes(Encoding.PEM))
    return {name: str(file) for name, file in files.items()} | {"xmlsec_binary": shutil.which("xmlsec1") or ""}
