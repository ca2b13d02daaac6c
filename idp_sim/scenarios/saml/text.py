"""Texts that two readers read differently: comments, processing instructions, CDATA sections, character references."""

from collections.abc import Callable
from xml.sax.saxutils import escape

from lxml import etree

from idp_sim.catalogue import breaks, sound
from idp_sim.login import BASES, SamlLogin
from idp_sim.saml.names import NAMESPACES
from idp_sim.scenarios.saml.forging import beginning_otherwise, ending_otherwise, named_otherwise
from idp_sim.scenarios.saml.wire import with_xml
from idp_sim.stages import Draft, Form, Signed

PROPERTY = "saml.signature.only-signed-is-read"
WHOLE_TEXT = "saml.signature.whole-text"
NAME_ID = ".//saml:NameID"


def _split(response: etree._Element, path: str, first: str, node: etree._Element) -> None:
    """Put the node into the text of the element that begins with ``first``, right after it."""
    for element in response.findall(path, NAMESPACES):
        text = element.text or ""
        if text.startswith(first) and text != first:
            element.text = first
            node.tail = text.removeprefix(first)
            element.append(node)
            return


@breaks(
    PROPERTY,
    bases=BASES,
    who=ending_otherwise,
    cves=("CVE-2017-11427", "CVE-2017-11428", "CVE-2017-11429", "CVE-2017-11430", "CVE-2018-0489"),
)
def comment_in_name_id(draft: Draft) -> None:
    """A comment stands in the NameID, after the forged address with which the signed one begins: read it whole.

    A signature does not cover comments. Who reads a text only up to the comment signs in the forged person.
    """
    _split(draft.response, NAME_ID, draft.login.forged.email, etree.Comment(" "))


@breaks(PROPERTY, bases=BASES, who=named_otherwise, cves=("CVE-2017-11427", "CVE-2018-0489"))
def comment_in_attribute(draft: Draft) -> None:
    """A comment stands in the first name, after the forged name with which the signed one begins: read it whole."""
    _split(draft.response, ".//saml:AttributeValue", draft.login.forged.first, etree.Comment(" "))


BECAUSE = "The whole text names another; what stands before the comment is ours."
OTHER = ".other.example"


@breaks(WHOLE_TEXT, also="saml.assertion.issuer", why_also=BECAUSE, bases=BASES)
def comment_in_issuer(draft: Draft) -> None:
    """The signed issuer begins with ours, and goes on after a comment: it must be read whole, and is another."""
    _go_on_after_comment(draft, "saml:Assertion/saml:Issuer")


@breaks(WHOLE_TEXT, also="saml.conditions.audience", why_also=BECAUSE, bases=BASES)
def comment_in_audience(draft: Draft) -> None:
    """The signed audience begins with ours, and goes on after a comment: it must be read whole, and is another."""
    _go_on_after_comment(draft, ".//saml:Audience")


def _go_on_after_comment(draft: Draft, path: str) -> None:
    for element in draft.response.findall(path, NAMESPACES):
        ours = element.text or ""
        element.text = ours + OTHER
        _split(draft.response, path, ours, etree.Comment(" "))


@breaks(PROPERTY, bases=BASES, who=ending_otherwise)
def instruction_in_name_id(draft: Draft) -> None:
    """A processing instruction, which is signed, stands in the NameID after the forged address: read it whole."""
    _split(draft.response, NAME_ID, draft.login.forged.email, etree.ProcessingInstruction("x", "y"))


@breaks(PROPERTY, bases=BASES, who=ending_otherwise, cves=("CVE-2025-54369", "CVE-2025-54419"))
def instruction_absorbs(signed: Signed) -> None:
    """The end of the signed address was moved into a processing instruction, so that the forged one is left."""
    for name_id in signed.response.findall(NAME_ID, NAMESPACES):
        forged = signed.login.forged.email
        end = (name_id.text or "").removeprefix(forged)
        name_id.text = forged
        name_id.append(etree.ProcessingInstruction("x", end))


@breaks(PROPERTY, bases=BASES, who=ending_otherwise)
def cdata_splits(form: Form) -> Form:
    """A CDATA section, which no signature sees, ends the signed address after the forged one: read it whole."""
    forged = form.login.forged.email
    return _rewritten(form, form.login.person.email, f"{forged}<![CDATA[{form.login.person.email[len(forged) :]}]]>")


@breaks(PROPERTY, bases=BASES, who=beginning_otherwise)
def cdata_absorbs(form: Form) -> Form:
    """A CDATA section, which no signature sees, holds the beginning of the signed address: read it whole."""
    forged = form.login.forged.email
    start = form.login.person.email.removesuffix(forged)
    return _rewritten(form, form.login.person.email, f"<![CDATA[{start}]]>{forged}")


WRITTEN: dict[str, Callable[[str], str]] = {
    "decimal": lambda email: email.replace("@", "&#64;"),
    "hexadecimal": lambda email: email.replace("@", "&#x40;"),
    "every-letter": lambda email: "".join(f"&#{ord(letter)};" for letter in email),
}


@sound(bases=BASES, variants=WRITTEN)
def otherwise_written(form: Form, write: Callable[[str], str]) -> Form:
    """The signed address is written in another way, which means the same: {variant}."""
    return _rewritten(form, form.login.person.email, write(form.login.person.email))


CONTROLS = {"tab": "\t", "line-feed": "\n", "carriage-return": "\r", "carriage-return-line-feed": "\r\n"}


@sound(variants=CONTROLS)
def control_in_text(login: SamlLogin, control: str) -> SamlLogin:
    """An attribute that the portal does not know has a control character in its signed text: {variant}."""
    return login.but(attributes=(*login.attributes, ("note", f"one{control}two")))


def _rewritten(form: Form, email: str, written: str) -> Form:
    """Write the NameID otherwise, in the bytes of the message."""
    before, after = f">{escape(email)}</".encode(), f">{written}</".encode()
    return with_xml(form, lambda xml: xml.replace(before, after))
