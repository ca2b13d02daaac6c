"""The attributes: what is odd about them. The portal reads on, and always in the same way (portal-contract S13)."""

from collections import Counter
from collections.abc import Sequence

from lxml import etree

from portal_stub.address import shown
from portal_stub.checks import Found, ok, warning
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.received import Received
from portal_stub.saml.xml import saml

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@CHECKS.enforces("saml.attributes.once")
def once(received: Received) -> Found:
    """Who reads the last of two is told another name than who reads the first."""
    names = Counter((found.get("Name", ""), found.get("NameFormat", "")) for found in _attributes(received))
    repeated = [shown(name) for (name, _), count in names.items() if count > 1]
    return warning("each attribute once", f"several of {', '.join(repeated[:5])}") if repeated else ok()


@CHECKS.enforces("saml.attributes.text")
def text(received: Received) -> Found:
    """Nil is no value, and an element inside has a text that was not meant as the value."""
    for attribute in _attributes(received):
        for value in attribute.iterchildren(saml("AttributeValue")):
            odd = "nil" if value.get(_NIL) in ("true", "1") else "an element" if len(value) else ""
            if odd:
                return warning("a text as value", f"{odd} as value of {shown(attribute.get('Name', ''))}")
    return ok()


def _attributes(received: Received) -> Sequence[etree._Element]:
    return received.inside(f"{saml('AttributeStatement')}/{saml('Attribute')}")
