"""The message as it travels: the portal is ready for it, the form field, its encoding, its XML."""

from portal_stub.address import shown
from portal_stub.checks import Found, NotApplicable, ok, violated
from portal_stub.saml.checks.registry import CHECKS
from portal_stub.saml.received import RESPONSE, Received
from portal_stub.saml.xml import MAX_BYTES

_MOST_NAMED = 5


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
    """The field, with something in it."""
    if received.post.saml_response is None:
        others = ", ".join(shown(name, 40) for name in received.post.others[:_MOST_NAMED])
        came = f"; what came: {others}" if others else ""
        return violated("the form field SAMLResponse", f"the field was not sent{came}")
    if not received.post.saml_response.strip():
        return violated("a Response in the form field SAMLResponse", "the field is blank")
    return ok()


@CHECKS.enforces("saml.message.post-binding")
def post_binding(received: Received) -> Found:
    """What stands in an address is kept in logs and histories, and is sent on to others."""
    if received.post.saml_response is None:
        raise NotApplicable("no message came")
    if received.post.binding == "post":
        return ok()
    return violated("a Response posted in a form", "a Response in the query of the address")


@CHECKS.enforces("saml.message.once")
def once(received: Received) -> Found:
    """In the form and in the query of the address together: two readers would read two messages."""
    if not received.post.further:
        return ok()
    return violated("the field SAMLResponse once", f"it was sent {1 + len(received.post.further)} times")


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


@CHECKS.enforces("saml.message.limits")
def limits(received: Received) -> Found:
    """Reading costs time and memory, and anybody can send anything."""
    problem = received.too_much
    return (
        violated(f"at most {MAX_BYTES} bytes, and no more than 256 elements inside each other", problem)
        if problem
        else ok()
    )


@CHECKS.enforces("saml.message.xml")
def xml(received: Received) -> Found:
    """Well-formed."""
    problem = received.xml_problem
    if not problem:
        return ok()
    return violated(
        "well-formed XML", f"{problem}; it begins with {shown(received.decoded[:40].decode('utf-8', 'replace'))}"
    )


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
