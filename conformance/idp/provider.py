"""What must be known of an identity provider to ask it for a login: from its metadata, or from the profile."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import attrs
from lxml import etree

from conformance.drivers.trust import trusting
from conformance.idp.profile import Profile
from conformance.targets.discovery import Unreachable, ask
from portal_stub.config import SamlSettings
from portal_stub.saml.metadata import MetadataProblem, read_idp_metadata
from portal_stub.saml.xml import METADATA, parse
from rulebook.strict_toml import FileProblem

Binding = Literal["redirect", "post"]
BINDINGS: dict[Binding, str] = {
    "redirect": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
    "post": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
}


@attrs.frozen(kw_only=True)
class Provider:
    """An identity provider of SAML. An address that is empty is not offered; ``certificate`` is PEM, one or several.

    ``wants_signed``: its metadata announces that requests must be signed (saml-metadata 2.4.3).
    """

    entity_id: str
    login_url: str
    certificate: str
    login_post_url: str = ""
    slo_url: str = ""
    slo_binding: Binding = "redirect"
    wants_signed: bool = False

    def login_at(self, binding: Binding) -> str:
        """Return where it takes requests by this binding, or nothing."""
        return self.login_url if binding == "redirect" else self.login_post_url

    @property
    def binding(self) -> Binding:
        """The binding of ordinary requests: HTTP-Redirect, where it is offered."""
        return "redirect" if self.login_url else "post"

    def settings(self) -> SamlSettings:
        """Return the settings of a portal that trusts it."""
        return attrs.evolve(
            SamlSettings(),
            idp_entity_id=self.entity_id,
            login_url=self.login_at(self.binding),
            request_binding=self.binding,
            certificate=self.certificate,
            slo_url=self.slo_url,
            slo_binding=self.slo_binding,
        )


def find(profile: Profile) -> Provider:
    """Return the identity provider of the profile. Raises FileProblem for metadata that cannot be had or read."""
    given = Provider(
        entity_id=profile.entity_id,
        login_url=profile.login_url,
        login_post_url=profile.login_post_url,
        slo_url=profile.slo_url,
        slo_binding=profile.slo_binding,
        certificate=profile.certificate,
    )
    if not profile.metadata:
        return given
    try:
        told = read(_fetched(profile))
    except MetadataProblem as problem:
        raise FileProblem(f"{profile.metadata}: {problem}") from None
    names = ("entity_id", "login_url", "login_post_url", "certificate")
    kept = {name: getattr(given, name) for name in names if getattr(given, name)}
    if given.slo_url:
        kept |= {"slo_url": given.slo_url, "slo_binding": given.slo_binding}
    return attrs.evolve(told, **kept)


def read(xml: bytes) -> Provider:
    """Return the identity provider that this metadata describes. Raises MetadataProblem."""
    found = read_idp_metadata(xml)
    described = next(parse(xml).iter(f"{{{METADATA}}}IDPSSODescriptor"))
    logouts = _places(described, "SingleLogoutService")
    slo_binding: Binding = "post" if list(logouts) == ["post"] else "redirect"
    logins = _places(described, "SingleSignOnService")
    return Provider(
        entity_id=found.entity_id,
        login_url=logins.get("redirect", ""),
        login_post_url=logins.get("post", ""),
        slo_url=logouts.get(slo_binding, ""),
        slo_binding=slo_binding,
        certificate="".join(found.certificates),
        wants_signed=described.get("WantAuthnRequestsSigned") in ("true", "1"),
    )


def _places(described: etree._Element, service: str) -> dict[Binding, str]:
    found = {place.get("Binding"): place.get("Location", "") for place in described.iter(f"{{{METADATA}}}{service}")}
    return {name: found[uri] for name, uri in BINDINGS.items() if found.get(uri)}


def _fetched(profile: Profile) -> bytes:
    place = profile.metadata
    if urlsplit(place).scheme not in ("http", "https"):
        try:
            return Path(place).read_bytes()
        except OSError as error:
            raise FileProblem(f"{place}: the metadata cannot be read ({error.strerror}).") from None
    try:
        answer = ask(place, profile.patience_seconds, trusting(profile.ca_file))
    except Unreachable as problem:
        raise FileProblem(f"{place}: the metadata cannot be fetched. {problem}") from None
    if answer.status != 200:
        raise FileProblem(
            f"{place}: the metadata cannot be fetched; the answer was {answer.status}. "
            "Open the address in a browser, and write the one that shows XML."
        )
    return answer.body
