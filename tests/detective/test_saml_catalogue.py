"""The whole catalogue before the detective: what is sound is never suspected, and an attack is no mistake."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from conformance.in_process import NOW
from portal_stub.keys import Keys
from portal_stub.saml.detective import MISTAKES, suspects
from portal_stub.saml.judge import judge
from portal_stub.saml.message import OFFLINE, Post
from tests.detective.saml_names import text
from tests.portal_core.responses import NOW as THEN
from tests.portal_core.responses import settings as any_settings
from tests.property.deviations import RESPONSES, attributes_altered, bytes_altered, nodes_altered, settings
from tests.second_opinion import test_vectors_suffice as vectors

MAY_BE_NAMED = {
    "other-scheme": "*.other[scheme]*",
    "trailing-slash": "*.other[slash]*",
    "other-case": "*.other[case]*",
    "other-host": "saml.audience.* saml.destination.other* saml.recipient.other* saml.message.for-another-tenant "
    "saml.encryption.plain-rule[audience.other] saml.encryption.plain-rule[recipient.other]",
    "other-path": "saml.destination.other* saml.recipient.other*",
    "another-audience": "saml.audience.*",
    "no-audience": "saml.audience.missing saml.audience.restriction-to-nobody",
    "addresses-swapped": "saml.recipient.not-an-address[entity-id]",
    "another-tenant": "saml.issuer.other*",
    "issuer-on-another-host": "saml.issuer.other* saml.encryption.plain-rule[issuer.other]",
    "no-validity": "saml.conditions.valid-until-before-from* saml.times.*expired saml.limits.*-passed "
    "saml.encryption.plain-rule[times.*expired]",
    "clock-off": "saml.limits.issued-ahead saml.times.*",
    "time-with-zone": "saml.times.not-utc*",
    "time-without-zone": "saml.times.* saml.encryption.plain-rule[times.not-utc]",
    "encrypted-for-another": "saml.encryption.for-another* saml.encryption.part-for-another* "
    "saml.encryption.altered[key]*",
    "not-encrypted": "saml.encryption.missing* saml.encryption.only-name-id*",
    "another-certificate": "saml.signature.other-key@* saml.encryption.assertion-of-another-key "
    "saml.encryption.signature-rule[signature.other-key] saml.trust.*",
    "no-certificate-sent": "saml.signature.certificate-missing@* saml.signature-keys.foreign-key-alone* "
    "saml.signature-keys.only-named* saml.signature-keys.retrieved* "
    "saml.encryption.signature-rule[signature.certificate-missing]",
    "another-part-signed": "saml.signature.only-*",
    "assertion-without-response": "saml.message.bare-assertion",
    "base64-for-addresses": "saml.message.base64-variant[url-safe]",
    "padding-lost": "saml.message.not-encoded[padding-missing]",
    "encoded-twice-for-the-form": "saml.message.not-encoded[percent-encoded]",
    "xml-not-encoded": "saml.message.not-encoded[xml-itself]",
    "xml-escaped-in-base64": "saml.message.not-xml[escaped]",
    "windows-1252": "saml.message.not-xml[bad-bytes]",
    "response-by-redirect": "saml.message.by-get*",
    "request-for-response": "saml.message.other-message[authn-request]",
    "logout-message-at-acs": "saml.message.other-message[logout*] saml.message.other-root[logout*]",
    "metadata-for-response": "saml.message.other-message[metadata]",
    "authentication-failed": "saml.status.*",
    "no-passive": "saml.status.refused[no-passive]",
    "not-assigned": "saml.status.refused[request-denied]",
    "name-id-format": "saml.status.refused[unsupported-name-id-policy]",
    "provider-failed": "saml.status.refused[top-level-only] saml.status.other-code-with-assertion[responder]@*",
    "request-refused": "saml.status.other-code-with-assertion[requester]@*",
    "version-mismatch": "saml.status.*version-mismatch*",
    "blanks-around-name-id": "saml.subject.lookalike[*]",
    "login-name": "saml.subject.name-id-not-an-address[*-name] "
    "saml.encryption.plain-rule[subject.name-id-not-an-address]",
    "other-name-id-format": "saml.subject.other-format* saml.encryption.plain-rule[subject.other-format]",
}
"""Which cases are mistakes that people make as well. Every other one is an attack, or a rule of its own words."""


def logins() -> Iterator[Any]:
    for parameter in vectors.stored():
        (vector,) = parameter.values
        if vector["session"] is None and vector["id"].startswith("saml."):
            yield parameter


def _matches(case_id: str, patterns: str) -> bool:
    return any(
        fnmatchcase(case_id, pattern.replace("[", "[[]").replace("[[][[]", "[[]")) for pattern in patterns.split()
    )


@pytest.mark.parametrize("vector", [*logins()])
def test_the_catalogue_is_named_for_what_it_is(vector: dict[str, Any]) -> None:
    given_settings, fields = vectors.settings_of(vector), vectors.fields_of(vector)
    keys = Keys(given={"encryption": given_settings.saml.encryption_key})
    responses = [value for name, value in fields if name == "SAMLResponse"]
    post = Post(
        saml_response=responses[0] if responses else None,
        others=tuple(name for name, _ in fields if name != "SAMLResponse"),
        further=tuple(responses[1:]),
        binding="post" if vector["message"]["method"] == "post" else "redirect",
        sender="127.0.0.1",
    )
    named = [suspect.code for suspect in suspects(post, given_settings, vectors.NOW, lambda: keys.encryption.key)]
    if vectors.diagnosis_of(vector).granted:
        assert named == []
    assert len(named) <= 1
    for code in named:
        assert _matches(vector["id"], MAY_BE_NAMED.get(code, "")), code


SAML = settings("saml")
many = effort(max_examples=60, deadline=None, database=None)


@many
@given(st.sampled_from(RESPONSES))
def test_a_sound_sign_in_is_never_suspected(xml: bytes) -> None:
    assert suspects(Post(saml_response=text(xml)), SAML, NOW) == ()


@pytest.mark.parametrize("altered", [bytes_altered, nodes_altered, attributes_altered])
def test_a_random_deviation_never_raises(altered: Callable[[], st.SearchStrategy[bytes]]) -> None:
    @many
    @given(altered())
    def look_into(xml: bytes) -> None:
        post = Post(saml_response=text(xml))
        if suspects(post, SAML, NOW):
            assert not judge(post, SAML, NOW, OFFLINE).granted

    look_into()


anything = st.one_of(
    st.none(),
    st.text(max_size=200),
    st.binary(max_size=200).map(text),
    st.binary(max_size=100).map(lambda data: text(b"<a>" + data + b"</a>")),
    st.sampled_from(["{", '{"a":', "eyJ", "&lt;", "SAMLResponse=", "%", "'", '"', "<"]).flatmap(
        lambda start: st.text(max_size=100).map(lambda rest: start + rest)
    ),
)


@given(
    anything, st.lists(st.text(max_size=20), max_size=4), st.text(max_size=100), st.sampled_from(["post", "redirect"])
)
def test_anything_is_looked_into(field: str | None, others: list[str], stored: str, binding: Any) -> None:
    posted = Post(saml_response=field, others=tuple(others), binding=binding)
    suspects(posted, any_settings(fingerprint=stored), THEN)


def test_a_message_of_megabytes_is_not_looked_into() -> None:
    for size, codes in ((100, ["xml-not-encoded"]), (300_000, [])):
        posted = Post(saml_response=f"<!--{'a' * size}--><Response/>")
        assert [suspect.code for suspect in suspects(posted, any_settings(), THEN)] == codes


def test_codes_are_given_once() -> None:
    codes = [mistake.code for mistake in MISTAKES]
    assert len(codes) == len(set(codes))
