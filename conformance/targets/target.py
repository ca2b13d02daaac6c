"""TARGET: which portal is judged (command-line.md), and the sites on which a case runs."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, cast

import attrs

from conformance.case import all_cases
from conformance.drivers import Unsupported
from conformance.lab import harness as lab
from conformance.lab.variables import SECRET, SIMULATOR
from conformance.selection import matches
from conformance.sites import Addresses, Change, Server, listen_at, stub_sites
from conformance.targets.discovery import completed
from conformance.targets.profile import STUB_PROFILE, Profile, from_environment, load, with_addresses
from idp_sim.config import Portal, RemoteLoginPortal, Simulator
from idp_sim.config import Profile as Formula
from idp_sim.keyring import Keyring
from portal_stub.weakness import SOUND, UnknownWeakness, Weaknesses
from rulebook.strict_toml import FileProblem, nearest

METHODS = {"remote-login": "simple", "saml": "saml"}


class UnknownTarget(Exception):
    """A TARGET that cannot be understood; the text says what it may be."""


@attrs.frozen
class Target:
    """A portal under test: its profile and, where it is the stub, its weaknesses (``None`` for any other portal).

    ``text`` is how the command line named it; ``harness`` is its name in the lab, if it stands there.
    """

    text: str
    name: str
    profile: Profile
    weaknesses: Weaknesses | None
    harness: str | None = None

    def as_event(self) -> dict[str, Any]:
        """Return the target as the header of the event stream shows it."""
        weak = self.weaknesses or SOUND
        kind = "profile" if self.weaknesses is None else "stub"
        if self.harness is not None:
            return {"name": self.name, "kind": "lab", "versions": list(lab.load(self.harness).versions)}
        return {"name": self.name, "kind": kind, "without": sorted(weak.without), "naive": sorted(weak.naive)}


def find(text: str) -> Target:
    """Return the target that ``text`` names: ``stub``, ``stub:without=RULE,...``, ``stub:naive=READER,...``,
    ``lab:NAME`` or a path.

    Raises UnknownTarget, LabProblem or FileProblem.
    """
    if text == "stub" or text.startswith("stub:"):
        return Target(text, text, load(STUB_PROFILE), _weaknesses(text.removeprefix("stub").removeprefix(":")))
    if text.startswith("lab:"):
        return _in_the_lab(text)
    path = Path(text)
    if path.suffix != ".toml" and not path.exists():
        raise UnknownTarget(
            f"There is no target '{text}'.{nearest(text, ['stub', 'stub:without=', 'stub:naive=', 'lab:'])} "
            "A target is 'stub', 'stub:without=RULE,...', 'stub:naive=READER,...', 'lab:NAME' "
            "or the path of a profile (.toml)."
        )
    profile = from_environment(load(path), path)
    _refuse_unknown_cases(profile, path)
    profile = with_addresses(profile, path)
    return Target(text, profile.name, profile, None)


def _in_the_lab(text: str) -> Target:
    name = text.removeprefix("lab:")
    harness = lab.load(name)
    if harness.kind != "service-provider":
        raise lab.LabProblem(f"{name} is an {harness.kind}: check it by 'conformance idp {text}'.")
    profile = load(lab.profile_path(name))
    _refuse_unknown_cases(profile, lab.profile_path(name))
    simulator = attrs.evolve(profile.simulator, base_url=SIMULATOR, instance=str(lab.keys()), secret=SECRET)
    return Target(text, text, attrs.evolve(profile, simulator=simulator), None, name)


def _refuse_unknown_cases(profile: Profile, path: Path) -> None:
    """Raise FileProblem for a glob of ``unsupported`` that matches no case: it would skip nothing, and nobody knew."""
    ids = [case.id for case in all_cases()]
    for glob in profile.unsupported:
        if not any(matches(glob, one) for one in ids):
            raise FileProblem(f"{path}: 'unsupported': no case matches '{glob}'.{nearest(glob, ids)}")


def _weaknesses(text: str) -> Weaknesses:
    kinds: dict[str, list[str]] = {"without": [], "naive": []}
    for part in filter(None, text.split(":")):
        kind, _, names = part.partition("=")
        if kind not in kinds:
            raise UnknownTarget(
                f"The stub has no '{kind}'.{nearest(kind, kinds)} Write stub:without=RULE,... or stub:naive=READER,..."
            )
        kinds[kind] += [name for name in names.split(",") if name]
    try:
        return Weaknesses.named(**kinds)
    except UnknownWeakness as error:
        raise UnknownTarget(str(error)) from None


def ready(target: Target) -> Target:
    """Return the target with all that can be found out of it: the portal must run by now.

    Raises FileProblem for metadata that cannot be read.
    """
    return target if target.weaknesses is not None else attrs.evolve(target, profile=completed(target.profile))


class Grounds(Protocol):
    """The sites on which cases run. Both methods raise Unsupported when the target cannot be set as the case needs."""

    def sites(self, protocol: str, given: Mapping[str, Any]) -> Addresses:
        """Return sites that cases share: the portal has the given settings (dotted keys)."""

    def own_sites(self, protocol: str, given: Mapping[str, Any], change: Change) -> AbstractContextManager[Addresses]:
        """Return sites for one case alone: the portal's settings are changed without the simulator's knowledge."""


class StubGrounds:
    """Stubs with whatever settings a case needs; those that cases share are started when first needed, and kept."""

    def __init__(self, weaknesses: Weaknesses, stack: contextlib.ExitStack, canary_url: str) -> None:
        self._weaknesses, self._stack, self._keyring = weaknesses, stack, Keyring.ephemeral()
        self._canary_url = canary_url
        self._started: dict[str, Addresses] = {}

    def sites(self, protocol: str, given: Mapping[str, Any]) -> Addresses:
        """Return sites of stubs that trust each other."""
        key = repr((protocol, sorted(given.items())))
        if key not in self._started:
            self._started[key] = self._stack.enter_context(self._stubs(protocol, given, None))
        return self._started[key]

    def own_sites(self, protocol: str, given: Mapping[str, Any], change: Change) -> AbstractContextManager[Addresses]:
        """Return sites of stubs of which the portal is set otherwise than the simulator knows."""
        return self._stubs(protocol, given, change)

    def _stubs(
        self, protocol: str, given: Mapping[str, Any], change: Change | None
    ) -> AbstractContextManager[Addresses]:
        given = {"sso.method": METHODS[protocol], **given}
        return stub_sites(given, change, self._weaknesses, self._keyring, self._canary_url)


class RealGrounds:
    """A portal that somebody else runs, beside the simulator that its administrator set it up with."""

    def __init__(self, profile: Profile, canary_url: str) -> None:
        self._profile, self._canary_url = profile, canary_url

    def sites(self, protocol: str, given: Mapping[str, Any]) -> Addresses:
        """Return the portal's address. Raises Unsupported for settings that the portal is not known to have."""
        if self._profile.protocols and protocol not in self._profile.protocols:
            raise Unsupported(f"the portal does not speak {protocol} (its profile says so)")
        if protocol == "remote-login" and not self._profile.simulator.secret:
            raise Unsupported("the profile does not give the shared secret of remote logins (simulator.secret)")
        known = {
            "simple.max_age_seconds": self._profile.simulator.max_age_seconds,
            "simple.profile": self._profile.simulator.profile,
            "encrypted": bool(self._profile.encryption_certificate),
            "single_logout": portal_of(self._profile).takes_logouts,
        }
        for key, value in given.items():
            if known.get(key) != value:
                raise Unsupported(f"needs a portal whose setting {key} is {value!r}")
        return Addresses(self._profile.simulator.base_url, self._profile.base_url, self._canary_url)

    def own_sites(self, protocol: str, given: Mapping[str, Any], change: Change) -> AbstractContextManager[Addresses]:
        """Raise Unsupported: nobody but its administrator can change the portal's settings."""
        raise Unsupported("needs settings of the portal that only its administrator can change")


def portal_of(profile: Profile) -> Portal:
    """Return the portal as the simulator must know it."""
    return Portal(
        name="portal",
        base_url=profile.base_url,
        entity_id=profile.entity_id or profile.base_url,
        acs_url=profile.acs_url or f"{profile.base_url}/login/saml",
        slo_url=profile.slo_url or None,
        slo_redirect_url=profile.slo_redirect_url or None,
        slo_post_url=profile.slo_post_url or None,
        encryption_certificate=profile.encryption_certificate or None,
        request_certificate=profile.request_certificate or None,
        requests_signed=profile.requests_signed,
        remote_login=_remote_login_of(profile),
        allowed_drift_seconds=profile.clock_allowance_seconds,
    )


def _remote_login_of(profile: Profile) -> RemoteLoginPortal | None:
    """Return what the simulator must know to send remote logins, or nothing where the profile has no secret."""
    shared = profile.simulator
    if not shared.secret:
        return None
    return RemoteLoginPortal(
        secret=shared.secret,
        profile=cast(Formula, shared.profile),
        max_age_seconds=shared.max_age_seconds,
        max_future_seconds=shared.max_future_seconds,
    )


@contextlib.contextmanager
def simulator_for(profile: Profile, keyring: Keyring, canary_url: str) -> Iterator[None]:
    """Run the simulator at the address where the portal of this profile expects it.

    Raises FileProblem when the address is not one of this machine's loopback, or its port is taken.
    """
    import idp_sim.app  # noqa: PLC0415 - as in conformance.sites

    portal = attrs.evolve(portal_of(profile), canary_url=canary_url)
    where = profile.simulator.base_url
    bound = listen_at(where, "The simulator", "'simulator.base_url' in the profile and on the portal")
    simulator = Simulator(portals=(portal,), keyring=keyring, base_url=where)
    server = Server(idp_sim.app.create_app(simulator), bound)
    try:
        yield
    finally:
        server.close()
