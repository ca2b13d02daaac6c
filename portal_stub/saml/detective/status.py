"""What an identity provider usually means by the status with which it refuses a login (saml-core 3.2.2.2)."""

import re
from collections.abc import Iterator

from portal_stub.saml.detective.explainer import Explainer
from portal_stub.saml.received import Received
from portal_stub.saml.status import status_in_words
from portal_stub.saml.xml import samlp, text_of
from portal_stub.suspect import Suspect

_TOLD = " It says {}."
_BY_CODE = {
    "RequestDenied": Suspect(
        code="not-assigned",
        sentence="The identity provider knows the person and refuses this login. Most often the application is not "
        "assigned to the person." + _TOLD,
        mend="Assign the application to the person, or to one of their groups, at the identity provider.",
    ),
    "AuthnFailed": Suspect(
        code="authentication-failed",
        sentence="The identity provider could not authenticate the person." + _TOLD,
        mend="See its log: a wrong password, a second factor, a locked account, or a person who gave up.",
    ),
    "NoPassive": Suspect(
        code="no-passive",
        sentence="The person was not logged in at the identity provider, and the request forbids to ask (IsPassive)."
        + _TOLD,
        mend="Send requests without IsPassive.",
    ),
    "InvalidNameIDPolicy": Suspect(
        code="name-id-format",
        sentence="The identity provider does not give a NameID of the format that was asked for (emailAddress)."
        + _TOLD,
        mend="Allow the format emailAddress for this application at the identity provider.",
    ),
    "UnknownPrincipal": Suspect(
        code="unknown-person",
        sentence="The identity provider does not know the person." + _TOLD,
        mend="Create the account there, or sync its directory.",
    ),
    "NoAuthnContext": Suspect(
        code="no-authn-context",
        sentence="The identity provider cannot authenticate the person in the way that was asked for." + _TOLD,
        mend="Leave the requested class of authentication empty in the portal, or choose one that it has.",
    ),
    "RequestUnsupported": Suspect(
        code="request-unsupported",
        sentence="The identity provider does not do what the request asks for." + _TOLD,
        mend="Compare its settings for this application with the request: binding, signature, NameID format.",
    ),
}
_BY_NUMBER = {
    "AADSTS50105": _BY_CODE["RequestDenied"],
    "AADSTS75011": _BY_CODE["NoAuthnContext"],
    "AADSTS700016": Suspect(
        code="application-unknown",
        sentence="The identity provider knows no application of the name in the request: the portal's entity ID."
        + _TOLD,
        mend="Enter the portal's entity ID as the identifier of the application, and see that it is the right tenant.",
    ),
    "AADSTS50011": Suspect(
        code="reply-address-unknown",
        sentence="The identity provider does not know the address to which it should answer." + _TOLD,
        mend="Enter the portal's ACS URL as the reply URL of the application, letter by letter.",
    ),
}
_BY_TOP = {
    "Requester": Suspect(
        code="request-refused",
        sentence="The identity provider finds fault with the request of the portal." + _TOLD,
        mend="See its log. Most often the entity ID, the ACS URL or the certificate for signed requests differs there.",
    ),
    "Responder": Suspect(
        code="provider-failed",
        sentence="The identity provider failed by itself, and does not say why in a code." + _TOLD,
        mend="See its log. Most often a certificate, an attribute or an assignment is missing there.",
    ),
    "VersionMismatch": Suspect(
        code="version-mismatch",
        sentence="The identity provider does not take requests of SAML 2.0." + _TOLD,
        mend="Set the application up for SAML 2.0 at the identity provider.",
    ),
}
MISTAKES = tuple(dict.fromkeys((*_BY_CODE.values(), *_BY_NUMBER.values(), *_BY_TOP.values())))

_NUMBER = re.compile(r"AADSTS[0-9]{4,8}")


def _status(received: Received) -> Iterator[Suspect]:
    """What it says is text that anybody could have written."""
    response = received.response
    codes = [code.get("Value", "") for code in response.iterfind(f"{samlp('Status')}//{samlp('StatusCode')}")][:5]
    names = [code.rpartition(":")[2] for code in codes]
    message = response.find(f"{samlp('Status')}/{samlp('StatusMessage')}")
    number = None if message is None else _NUMBER.search(text_of(message))
    suspects = (
        None if number is None else _BY_NUMBER.get(number[0]),
        *(_BY_CODE.get(name) for name in names),
        _BY_TOP.get(names[0]) if names and "Success" not in names else None,
    )
    words = status_in_words(response).rstrip(".")
    yield from [found.about(words) for found in suspects if found is not None][:1]


EXPLAINERS: tuple[Explainer, ...] = ((frozenset({"saml.status.success"}), _status),)
