"""The forms of the check: what was given, turned into the portal's settings, or into a sentence beside the field."""

from collections.abc import Mapping
from contextlib import closing

import attrs
from werkzeug.datastructures import FileStorage, MultiDict

from portal_stub.accounts.columns import storable
from portal_stub.accounts.overrides import value_of, with_value
from portal_stub.config import Settings
from portal_stub.saml.xml import MAX_BYTES
from portal_stub.web.fetching import FetchProblem, fetched
from portal_stub.web.security_form import FIELDS, FORM_NAMES, METADATA, Filled, fill

METADATA_FILE, METADATA_URL = "metadata", "metadata_url"
CERTIFICATE = "certificate"
SHARED = "simple.secret"
_LONGEST_SECRET = 200
_TYPED = ("saml.login_url", "saml.idp_entity_id", CERTIFICATE)
_FROM_METADATA = "Entity ID, addresses and certificates were taken from the metadata."


def identity_provider(settings: Settings, form: MultiDict[str, str], metadata: FileStorage | None) -> Filled:
    """Return the settings that trust this identity provider: by its metadata, else by what was typed.

    A file counts before an address, and either before the fields. The address is fetched, once.
    """
    switched = _switched_on(settings, "saml")
    uploaded = b""
    if metadata is not None:
        with closing(metadata):
            uploaded = metadata.read(MAX_BYTES + 1)
    address = storable(form.get(METADATA_URL, "")).strip()
    if uploaded:
        return _with_metadata(settings, switched, uploaded, METADATA_FILE)
    if address:
        try:
            return _with_metadata(settings, switched, fetched(address), METADATA_URL)
        except FetchProblem as problem:
            return Filled(settings, (), {METADATA_URL: str(problem)})
    return _typed(settings, switched, form)


def remote_login_page(settings: Settings, form: MultiDict[str, str]) -> Filled:
    """Return the settings that trust this remote login page."""
    given = _switched_on(settings, "simple")
    for name in ("simple.remote_login_url", "simple.profile"):
        given[name] = form.get(name, "")
    filled = fill(settings, given)
    secret = storable(form.get(SHARED, ""))
    mistakes = dict(filled.mistakes)
    if not given["simple.remote_login_url"].strip():
        mistakes["simple.remote_login_url"] = "Expected the address of the page on which people sign in, got nothing."
    if not secret.strip() or len(secret) > _LONGEST_SECRET:
        mistakes[SHARED] = f"Expected the secret that both sites know, of at most {_LONGEST_SECRET} characters."
    notes = list(filled.notes)
    if secret != secret.strip():
        notes.append("Blanks around the shared secret were left out: see that your site has none.")
    return Filled(with_value(filled.settings, SHARED, secret.strip()), tuple(notes), mistakes)


def _switched_on(settings: Settings, method: str) -> MultiDict[str, str]:
    """Return the form of Admin > Security as it stands, with this method switched on: a box left out is cleared."""
    boxes = (name for name in FIELDS if value_of(settings, name) is True)
    return MultiDict({**{FORM_NAMES.get(name, name): "on" for name in boxes}, "sso_enabled": "on", "method": method})


def _with_metadata(settings: Settings, given: MultiDict[str, str], xml: bytes, field: str) -> Filled:
    if len(xml) > MAX_BYTES:
        return Filled(settings, (), {field: f"Expected at most {MAX_BYTES} bytes. Give that of one provider alone."})
    given[METADATA] = xml.decode("utf-8", "replace")
    filled = fill(settings, given)
    mistakes: Mapping[str, str] = {field: filled.mistakes[METADATA]} if METADATA in filled.mistakes else {}
    return attrs.evolve(filled, mistakes=mistakes, notes=(_FROM_METADATA,))


def _typed(settings: Settings, given: MultiDict[str, str], form: MultiDict[str, str]) -> Filled:
    login_url, entity_id, certificate = (form.get(name, "").strip() for name in _TYPED)
    if not (login_url or certificate):
        sentence = (
            "Expected the metadata as a file or by its address, or a login URL and a certificate; got none of them."
        )
        return Filled(settings, (), {METADATA_FILE: sentence})
    is_whole = "-----BEGIN" in certificate
    given["saml.login_url"], given["saml.idp_entity_id"] = login_url, entity_id
    # One of the two: where both are stored, the certificate counts.
    given["saml.certificate"] = certificate if is_whole else ""
    given["saml.fingerprint"] = "" if is_whole else certificate
    filled = fill(settings, given)
    mistakes = {_field(name): sentence for name, sentence in filled.mistakes.items()}
    if not login_url:
        mistakes["saml.login_url"] = "Expected the address to which people are sent to sign in, got nothing."
    if not certificate:
        mistakes[CERTIFICATE] = "Expected the certificate with which the identity provider signs, or its fingerprint."
    return attrs.evolve(filled, mistakes=mistakes)


def _field(name: str) -> str:
    return CERTIFICATE if name in ("saml.certificate", "saml.fingerprint") else name
