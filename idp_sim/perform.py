"""Performing a login: plan, tree, encrypted tree, signed tree, wire, with a scenario's deviation at its stage."""

import base64
import functools
from typing import Any, TypeVar

from lxml import etree

from idp_sim.catalogue import CannotPerform, Scenario
from idp_sim.keyring import Keyring
from idp_sim.login import Encryption, Login, RemoteLogin, SamlLogin
from idp_sim.remote_login.link import link
from idp_sim.saml import canonical
from idp_sim.saml.encryption import NoCertificate, encrypt_assertions, encrypt_parts
from idp_sim.saml.response import response
from idp_sim.saml.signature import sign_assertion, sign_response
from idp_sim.stages import Draft, Encrypted, Form, Link, Signed

T = TypeVar("T")


def perform(login: Login, keyring: Keyring, scenario: Scenario | None = None) -> Form | Link:
    """Perform a sign-in and return what the browser is to send to the portal.

    Equal logins (``at``, ``seed``) with an equal keyring give equal bytes, but for signatures that are random (ECDSA)
    and the padding of encrypted keys. Raises CannotPerform for a scenario that this login cannot carry: one of the
    other protocol, on another base, one that lives in the journey or the portal's settings, or one that encrypts for a
    portal without certificate.
    """
    _check(login, scenario)
    if scenario is not None:
        login = scenario.begin(login)
    if scenario is not None and scenario.encrypted and isinstance(login, SamlLogin) and login.encryption is None:
        login = login.but(encryption=Encryption())
    planned = deviate("plan", login, scenario)
    if isinstance(planned, RemoteLogin):
        return deviate("wire", link(planned), scenario)
    try:
        if scenario is None or scenario.stage in ("plan", "wire"):
            return deviate("wire", _form(planned, canonical.write(planned, keyring, by_tree), keyring), scenario)
        signed = _signed(planned, keyring, scenario)
    except NoCertificate as error:
        raise CannotPerform(str(error)) from None
    return _form(signed.login, _written(signed), keyring)


def by_tree(login: SamlLogin, keyring: Keyring) -> bytes:
    """Return the Response of a login as it is sent, by way of its tree and of signxml."""
    return _written(_signed(login, keyring))


def _signed(planned: SamlLogin, keyring: Keyring, scenario: Scenario | None = None) -> Signed:
    """Build, sign and encrypt: a signature covers encrypted parts, and is encrypted with its assertion (core 6.2).

    What deviates after signing does so before the signed part is encrypted.
    """
    draft = deviate("tree", Draft(planned, response(planned)), scenario)
    login = draft.login
    issue = functools.partial(_issue, keyring)
    signed = sign_assertion(encrypt_parts(draft.response, login, keyring), login, keyring)
    inner = Signed(login, signed, issue=issue)
    if login.base == "assertion":
        inner = deviate("signed tree", inner, scenario)
    sealed = Encrypted(inner.login, encrypt_assertions(inner.response, inner.login, keyring))
    sealed = deviate("encrypted tree", sealed, scenario)
    if login.base == "assertion":
        return Signed(sealed.login, sealed.response, issue=issue)
    whole = Signed(sealed.login, sign_response(sealed.response, sealed.login, keyring), issue=issue)
    return deviate("signed tree", whole, scenario)


def _issue(keyring: Keyring, login: SamlLogin) -> etree._Element:
    """Return another signed message of the identity provider, for what is put beside this one."""
    return _signed(login, keyring).response


def _written(signed: Signed) -> bytes:
    return etree.tostring(signed.response, encoding="UTF-8")


def _form(login: SamlLogin, message: bytes, keyring: Keyring) -> Form:
    """Return the form that carries this Response (saml-bindings 3.5.4)."""
    fields = [("SAMLResponse", base64.b64encode(message).decode())]
    if login.relay_state is not None:
        fields.append(("RelayState", login.relay_state))
    issue = functools.partial(_issue, keyring)
    return Form(login=login, action=login.portal.acs_url, fields=tuple(fields), issue=issue)


def _check(login: Login, scenario: Scenario | None) -> None:
    if scenario is None:
        return
    if scenario.stage not in ("plan", "tree", "encrypted tree", "signed tree", "wire"):
        raise CannotPerform(f"'{scenario.id}' lives in the {scenario.stage}, not in the message that is sent.")
    protocol = "saml" if isinstance(login, SamlLogin) else "remote-login"
    if scenario.protocol in ("saml", "remote-login") and scenario.protocol != protocol:
        raise CannotPerform(f"'{scenario.id}' cannot be performed by a {protocol} login.")
    if isinstance(login, SamlLogin) and scenario.bases and login.base not in scenario.bases:
        bases = ", ".join(scenario.bases)
        raise CannotPerform(f"'{scenario.id}' does not run on the base '{login.base}', only on: {bases}.")


def deviate(stage: str, subject: T, scenario: Scenario | None) -> T:
    """Let the scenario change ``subject``, the value of this stage, where that is the scenario's own stage."""
    if scenario is None or scenario.stage != stage:
        return subject
    changed: Any = scenario.apply(subject)
    result: T = subject if changed is None else changed
    return result
