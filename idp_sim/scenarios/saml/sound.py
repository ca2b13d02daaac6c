"""SAML sign-ins that every portal must accept."""

from idp_sim.catalogue import sound
from idp_sim.login import BASES, UNSPECIFIED, SamlLogin, named
from idp_sim.stages import Draft


@sound(bases=BASES)
def plain(login: SamlLogin) -> SamlLogin:
    """A sound answer to the portal's own request. It is the control of every broken one."""
    return login


@sound(start="idp", bases=BASES)
def idp_initiated(login: SamlLogin) -> SamlLogin:
    """The login begins at the identity provider: the response answers no request."""
    return login


@sound(bases=BASES)
def rsa_sha512(login: SamlLogin) -> SamlLogin:
    """Signed with rsa-sha512."""
    return login.but(signature_algorithm="rsa-sha512", digest_algorithm="sha512")


@sound(bases=BASES, given={"trusts": "ec"})
def ecdsa_sha256(login: SamlLogin) -> SamlLogin:
    """Signed with ecdsa-sha256 by a key on the curve P-256, whose certificate the portal trusts."""
    return login.but(signing_key="ec")


@sound(given={"saml.allow_sha1": True})
def rsa_sha1_allowed(login: SamlLogin) -> SamlLogin:
    """Signed with rsa-sha1, which the portal's settings allow."""
    return login.but(signature_algorithm="rsa-sha1", digest_algorithm="sha1")


@sound(start="idp")
def unspecified_format(login: SamlLogin) -> SamlLogin:
    """The format of the NameID is unspecified, and an address is inside."""
    return login.but(name_id_format=UNSPECIFIED)


CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
ATTRIBUTE_NAMES = {
    "givenname": ("givenname", "surname"),
    "user": ("User.FirstName", "User.LastName"),
    "username": ("username", "LastName"),
    "claims": (f"{CLAIMS}/givenname", f"{CLAIMS}/surname"),
}


@sound(variants=ATTRIBUTE_NAMES)
def attribute_names(login: SamlLogin, names: tuple[str, str]) -> SamlLogin:
    """First and last name come under other attribute names: {variant}."""
    return login.but(attributes=named(login.person, *names))


@sound
def no_names(login: SamlLogin) -> SamlLogin:
    """The assertion carries no names: the person is called by the part of the address before the @."""
    return login.but(attributes=())


@sound
def phone_and_company(login: SamlLogin) -> SamlLogin:
    """The assertion carries phone and company as well."""
    person = login.person
    return login.but(attributes=(*login.attributes, ("phone", person.phone), ("company", person.company)))


@sound
def phone_and_organization(login: SamlLogin) -> SamlLogin:
    """The assertion carries the phone, and the company under the attribute name organization."""
    person = login.person
    return login.but(attributes=(*login.attributes, ("phone", person.phone), ("organization", person.company)))


@sound
def unknown_attribute(login: SamlLogin) -> SamlLogin:
    """The assertion carries an attribute that the portal does not know."""
    return login.but(attributes=(("shoe-size", "42"), *login.attributes))


PREFIXES = {
    "saml2": ("saml2p", "saml2"),
    "generated": ("ns0", "ns1"),
    "swapped": ("saml", "samlp"),
    "default-for-protocol": (None, "saml"),
    "default-for-assertion": ("samlp", None),
    "default-for-both": (None, None),
}


@sound(variants=PREFIXES)
def prefixes(login: SamlLogin, chosen: tuple[str | None, str | None]) -> SamlLogin:
    """The namespaces have other prefixes: {variant}."""
    return login.but(prefixes=chosen)


@sound
def milliseconds(login: SamlLogin) -> SamlLogin:
    """All times are written with milliseconds."""
    return login.but(time_precision="milliseconds")


@sound(start="idp")
def relay_state(login: SamlLogin) -> SamlLogin:
    """A login that begins at the identity provider asks for a page of the portal by RelayState."""
    return login.but(relay_state="/support/tickets")


@sound
def response_issuer_absent(login: SamlLogin) -> SamlLogin:
    """The response, which is not signed, names no issuer; the signed assertion does."""
    return login.but(response_issuer=None)


TIMES = ("IssueInstant", "NotBefore", "NotOnOrAfter", "AuthnInstant", "SessionNotOnOrAfter")


@sound(variants={"tenths": ".5Z", "microseconds": ".123456Z", "nanoseconds": ".123456789Z"})
def fractions(draft: Draft, fraction: str) -> None:
    """All times are written with a fraction of a second: {variant}."""
    for element in draft.response.iter():
        for name in TIMES:
            if name in element.attrib:
                element.set(name, element.attrib[name].replace("Z", fraction))
