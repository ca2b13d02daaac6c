"""Which identity provider is checked: a profile, or one of the lab."""

from pathlib import Path

import attrs

from conformance.idp.probes import all_probes
from conformance.idp.profile import Profile, load
from conformance.lab import harness as lab
from conformance.selection import matches
from rulebook.strict_toml import FileProblem, nearest


@attrs.frozen
class Target:
    """An identity provider under test; ``harness`` is its name in the lab, if it stands there."""

    profile: Profile
    harness: str | None = None


def find(text: str) -> Target:
    """Return the identity provider that ``text`` names: ``lab:NAME``, or the path of a profile.

    Raises FileProblem or LabProblem.
    """
    if text.startswith("lab:"):
        return _in_the_lab(text.removeprefix("lab:"))
    return Target(_read(Path(text)))


def _in_the_lab(name: str) -> Target:
    harness = lab.load(name)
    if harness.kind != "identity-provider":
        raise lab.LabProblem(f"{name} is a {harness.kind}: judge it by 'conformance run --portal lab:{name}'.")
    profile = _read(lab.profile_path(name))
    portal = attrs.evolve(profile.portal, keys=str(lab.portal_keys()))
    return Target(attrs.evolve(profile, name=f"lab:{name}", portal=portal), name)


def _read(path: Path) -> Profile:
    profile = load(path)
    ids = [probe.id for probe in all_probes()]
    for glob in profile.unsupported:
        if not any(matches(glob, one) for one in ids):
            raise FileProblem(f"{path}: 'unsupported': no probe matches '{glob}'.{nearest(glob, ids)}")
    return profile
