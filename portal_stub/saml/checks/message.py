"""The message as it travels: the portal is ready for it, the form field, its encoding, its XML."""

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.received import RESPONSE, Received


@CHECKS.enforces("portal.sso.enabled")
def sso_enabled(received: Received) -> Found:
    """The toggle and the method of Admin > Security."""
    sso = received.settings.sso
    if not sso.enabled:
        return violated("single sign-on switched on", "it is switched off")
    if sso.method != "saml":
        return violated("the method 'saml'", f"the portal is set to the method '{sso.method}'")
    return ok()


@CHECKS.enforces("saml.settings.fingerprint")
def settings_fingerprint(received: Received) -> Found:
    """A stored text that is no fingerprint is as good as none."""
    if any(provider.trust.fingerprints for provider in received.providers):
        return ok()
    return violated("the fingerprint or the certificate of the identity provider", received.trust.problem)


@CHECKS.enforces("saml.message.present")
def present(received: Received) -> Found:
    """Once, and not blank."""
    if received.post.saml_response is None:
        return violated("the form field SAMLResponse", "the field was not sent")
    if not received.post.saml_response.strip():
        return violated("a Response in the form field SAMLResponse", "the field is blank")
    if received.post.copies != 1:
        return violated("the form field SAMLResponse once", f"it was sent {received.post.copies} times")
    return ok()


@CHECKS.enforces("saml.message.base64")
def base64(received: Received) -> Found:
    """RFC 4648, standard alphabet, padded; line breaks do not matter."""
    if not received.field or received.too_large:
        raise NotApplicable("the message is too large to be read")
    problem = received.base64_problem
    if not problem:
        return ok()
    hint = "A '+' that arrives as a blank was not URL-encoded by the sender." if "' '" in problem else ""
    return violated("base64", problem, hint)


@CHECKS.enforces("saml.message.no-dtd")
def no_dtd(received: Received) -> Found:
    """Entities are the way to other files, other hosts and all memory."""
    return violated("no document type declaration", "a DOCTYPE") if received.has_dtd else ok()


@CHECKS.enforces("saml.message.xml")
def xml(received: Received) -> Found:
    """Well-formed, and within the bounds of size and depth."""
    problem = received.xml_problem
    if not problem:
        return ok()
    start = "" if received.too_large else f"; it begins with {shown(received.decoded[:40].decode('utf-8', 'replace'))}"
    return violated("well-formed XML", problem + start)


@CHECKS.enforces("saml.message.response")
def response(received: Received) -> Found:
    """Not a bare assertion, a request or metadata."""
    tag = str(received.root.tag)
    return ok() if tag == RESPONSE else violated(RESPONSE, shown(tag))


@CHECKS.enforces("saml.message.version")
def version(received: Received) -> Found:
    """Response and assertion alike."""
    elements = [element for element in (received.envelope, *received.assertions) if element is not None]
    for element in elements:
        if element.get("Version") != "2.0":
            name = "the assertion" if element is not received.envelope else "the Response"
            stated = element.get("Version")
            return violated("Version 2.0", f"{name} says {'none' if stated is None else shown(stated)}")
    return ok()
