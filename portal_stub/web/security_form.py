"""The form under Admin > Security: what was typed, turned into settings, or into a sentence beside the field."""

from collections.abc import Mapping
from typing import Any, get_args

import attrs
from werkzeug.datastructures import MultiDict

from portal_stub.accounts.columns import storable
from portal_stub.accounts.overrides import value_of, with_value
from portal_stub.config import SamlSettings, Settings, SimpleSettings, SsoSettings
from portal_stub.idp_metadata import taken_from
from portal_stub.saml.fingerprint import FingerprintProblem, normalise, read_certificates
from portal_stub.saml.metadata import MetadataProblem
from portal_stub.web.targets import is_web_address

FORM_NAMES: Mapping[str, str] = {"sso.enabled": "sso_enabled", "sso.method": "method"}
"""Fields that are not named as in portal.toml."""

METADATA = "saml.idp_metadata"
"""The field into which an identity provider's metadata is pasted. It fills the others and is not kept."""

FIELDS = (
    "sso.enabled",
    "sso.method",
    "simple.profile",
    "simple.remote_login_url",
    "simple.remote_logout_url",
    "simple.max_age_seconds",
    "simple.max_future_seconds",
    "simple.time_wording",
    "saml.login_url",
    "saml.logout_url",
    "saml.slo_url",
    "saml.slo_binding",
    "saml.idp_entity_id",
    "saml.fingerprint",
    "saml.fingerprint_algorithm",
    "saml.certificate",
    "saml.entity_id",
    "saml.want_signed",
    "saml.request_binding",
    "saml.sign_requests",
    "saml.allow_idp_initiated",
    "saml.allow_sha1",
    "saml.require_encryption",
    "saml.allow_rsa15",
    "saml.allowed_drift_seconds",
    "saml.time_wording",
)
_TABLES: Mapping[str, type[attrs.AttrsInstance]] = {"sso": SsoSettings, "simple": SimpleSettings, "saml": SamlSettings}
_URLS = {"simple.remote_login_url", "simple.remote_logout_url", "saml.login_url", "saml.logout_url", "saml.slo_url"}
_MOST_SECONDS = 10 * 365 * 86_400
_LONGEST = 20_000


class _Mistake(Exception):
    """What is wrong with one field."""


@attrs.frozen
class Filled:
    """A form that was sent: the settings as far as the fields were right, what to say about it, and the mistakes."""

    settings: Settings
    notes: tuple[str, ...]
    mistakes: Mapping[str, str]


def choices(name: str) -> tuple[str, ...]:
    """Return the words that a setting may have; empty when it is not a choice."""
    return tuple(word for word in get_args(_kind(name)) if isinstance(word, str))


def fill(settings: Settings, form: MultiDict[str, str]) -> Filled:
    """Return the settings with what was typed. A field that is not in the form stays, a box that is not is cleared."""
    mistakes: dict[str, str] = {}
    for name in FIELDS:
        key = FORM_NAMES.get(name, name)
        is_box = isinstance(value_of(settings, name), bool)
        if key not in form and not is_box:
            continue
        try:
            value = key in form if is_box else _typed(name, form[key])
            settings = with_value(settings, name, value)
        except _Mistake as mistake:
            mistakes[name] = str(mistake)
    return _with_metadata(_matched(Filled(settings, (), mistakes), form), form)


def _with_metadata(filled: Filled, form: MultiDict[str, str]) -> Filled:
    """Take everything from the metadata that was pasted, if any (P3)."""
    pasted = form.get(METADATA, "").strip()
    if not pasted:
        return filled
    try:
        saml = taken_from(filled.settings.saml, pasted.encode("utf-8", "replace"))
    except MetadataProblem as problem:
        return attrs.evolve(filled, mistakes={**filled.mistakes, METADATA: str(problem)})
    if not (is_web_address(saml.login_url) and (not saml.slo_url or is_web_address(saml.slo_url))):
        sentence = "The addresses in the metadata do not begin with http:// or https://."
        return attrs.evolve(filled, mistakes={**filled.mistakes, METADATA: sentence})
    note = "Entity ID, addresses and certificates were taken from the metadata that you pasted."
    return attrs.evolve(filled, settings=attrs.evolve(filled.settings, saml=saml), notes=(*filled.notes, note))


def _matched(filled: Filled, form: MultiDict[str, str]) -> Filled:
    """Take the fingerprint with the digest that was chosen, or say that the two do not fit."""
    settings, typed = filled.settings, form.get("saml.fingerprint", "")
    if "saml.fingerprint" in filled.mistakes or not typed.strip():
        return filled
    algorithm = settings.saml.fingerprint_algorithm
    try:
        found = normalise(typed, algorithm)
    except FingerprintProblem as problem:
        return attrs.evolve(filled, mistakes={**filled.mistakes, "saml.fingerprint": str(problem)})
    notes = list(filled.notes)
    if found.note:
        notes.append(found.note)
        settings = with_value(settings, "saml.fingerprint", found.value)
    if found.algorithm != algorithm:
        settings = with_value(settings, "saml.fingerprint_algorithm", found.algorithm)
        notes.append(f"The fingerprint has {len(found.value)} digits, so the digest was set to {found.algorithm}.")
    if settings.saml.certificate.strip():
        notes.append("A certificate is stored as well: it is the one that counts.")
    return attrs.evolve(filled, settings=settings, notes=tuple(notes))


def _typed(name: str, text: str) -> Any:
    text = storable(text).strip()
    if len(text) > _LONGEST:
        raise _Mistake(f"Expected at most {_LONGEST} characters, got {len(text)}.")
    if choices(name):
        if text not in choices(name):
            raise _Mistake(f"Expected one of {', '.join(choices(name))}, got '{text[:80]}'.")
        return text
    if _kind(name) is int:
        return _seconds(text)
    if name in _URLS and text and not is_web_address(text):
        raise _Mistake(f"Expected an address that begins with http:// or https://, got '{text[:80]}'.")
    if name == "saml.certificate" and text:
        try:
            read_certificates(text)
        except FingerprintProblem as problem:
            raise _Mistake(str(problem)) from None
    return text


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= _MOST_SECONDS):
        raise _Mistake(f"Expected whole seconds from 0 to {_MOST_SECONDS}, got '{text[:80]}'.")
    return int(text)


def _kind(name: str) -> Any:
    table, _, key = name.partition(".")
    return attrs.fields_dict(_TABLES[table])[key].type
