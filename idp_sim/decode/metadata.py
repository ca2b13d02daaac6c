"""What metadata says (saml-metadata 2): roles, keys, endpoints and their bindings."""

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from idp_sim.decode.facts import Facts, Section, attribute, moment, present, short, shown, text
from idp_sim.decode.keys import key_facts
from idp_sim.saml.names import DS, MD, NAMESPACES

MOST_ENTITIES = 20
_ROLES = (
    "IDPSSODescriptor",
    "SPSSODescriptor",
    "AuthnAuthorityDescriptor",
    "AttributeAuthorityDescriptor",
    "PDPDescriptor",
)


def metadata(root: etree._Element, now: datetime) -> tuple[Section, ...]:
    """Return what each entity says, of the first of many."""
    entities = list(root.iter(f"{{{MD}}}EntityDescriptor"))
    sections = [section for entity in entities[:MOST_ENTITIES] for section in _entity(entity, now)]
    if root.tag == f"{{{MD}}}EntitiesDescriptor":
        counted = (
            f"{len(entities)}, the first {MOST_ENTITIES} of them below"
            if len(entities) > MOST_ENTITIES
            else len(entities)
        )
        facts = present(("name", attribute(root, "Name")), ("entities", str(counted)), *_validity(root, now))
        return (Section("Entities", facts), *sections)
    return tuple(sections)


def _validity(element: etree._Element, now: datetime) -> Iterator[tuple[str, str | None]]:
    yield "valid until", moment(element.get("validUntil"), now)
    yield "to be read anew after (cacheDuration)", attribute(element, "cacheDuration")


def _entity(entity: etree._Element, now: datetime) -> Iterator[Section]:
    yield Section("Entity", present(("entity ID", attribute(entity, "entityID")), *_validity(entity, now)))
    for role in entity.iterchildren("*"):
        name = etree.QName(role)
        if name.namespace == MD and name.localname in _ROLES:
            yield Section(_title(name.localname), _role(role, now))


def _title(name: str) -> str:
    known = {"IDPSSODescriptor": "Identity provider", "SPSSODescriptor": "Service provider"}
    return f"{known[name]} ({name})" if name in known else name


def _role(role: etree._Element, now: datetime) -> Facts:
    wishes = ("WantAuthnRequestsSigned", "AuthnRequestsSigned", "WantAssertionsSigned")
    facts = [*present(*((name, attribute(role, name)) for name in wishes), *_validity(role, now))]
    for key in role.findall("md:KeyDescriptor", NAMESPACES):
        methods = [short(found.get("Algorithm", "")) or "" for found in key.findall("md:EncryptionMethod", NAMESPACES)]
        info = key.find(f"{{{DS}}}KeyInfo")
        facts += [
            ("key for", shown(key.get("use", "signing and encryption"))),
            *(() if info is None else ((f"  {name}", value) for name, value in key_facts(info, now))),
            *present(("  encrypt by", ", ".join(methods) or None)),
        ]
    for endpoint in role.iterchildren("*"):
        if endpoint.get("Location") is not None:
            facts.append((etree.QName(endpoint).localname, _endpoint(endpoint)))
    facts += [("NameID format", short(text(found)) or "") for found in role.findall("md:NameIDFormat", NAMESPACES)]
    for asked in role.iterfind("md:AttributeConsumingService/md:RequestedAttribute", NAMESPACES):
        wanted = " (required)" if asked.get("isRequired") in ("true", "1") else ""
        facts.append(("attribute wanted", f"{shown(asked.get('Name', ''))}{wanted}"))
    return tuple(facts)


def _endpoint(endpoint: etree._Element) -> str:
    told = [f"{attribute(endpoint, 'Location')} by {short(endpoint.get('Binding', '(no binding)'))}"]
    if endpoint.get("ResponseLocation") is not None:
        told.append(f"answers to {attribute(endpoint, 'ResponseLocation')}")
    if endpoint.get("index") is not None:
        told.append(f"index {attribute(endpoint, 'index')}")
    if endpoint.get("isDefault") in ("true", "1"):
        told.append("the default")
    return ", ".join(told)
