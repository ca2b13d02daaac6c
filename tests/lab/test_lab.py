"""The lab: every harness is whole, and one that needs nothing but Python is started, judged and stopped for real."""

import fcntl
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest

from conformance.baseline import load as load_baseline
from conformance.case import all_cases
from conformance.events import read as read_run
from conformance.idp.probes import all_probes
from conformance.idp.profile import load as load_idp_profile
from conformance.idp.target import find as find_idp
from conformance.lab import harness as lab
from conformance.lab import variables
from conformance.sites import listen
from conformance.targets.profile import load as load_profile
from conformance.targets.target import find
from tests.referee.commands import conformance, run, verdicts

LIGHT = "remote-login-python"
LIGHT_IDP = "idp-remote-login"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def alone() -> Iterator[None]:
    """The lab's ports are fixed: whoever uses them waits for the others, in whatever process."""
    with (Path(tempfile.gettempdir()) / "sso-conformance-lab.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("name", lab.names())
def test_every_harness_is_whole(name: str) -> None:
    harness = lab.load(name)
    assert harness.base_url == f"http://{name}.localhost:{urlsplit(harness.base_url).port}"
    assert harness.versions
    assert harness.configured.strip()
    assert [part.format(python="P", folder="F") for part in harness.start]  # no other placeholder is filled in
    assert harness.pip is (lab.FOLDER / name / "requirements.txt").is_file()
    assert harness.npm is (lab.FOLDER / name / "package.json").is_file()


@pytest.mark.parametrize("name", lab.names_of("service-provider"))
def test_the_profile_of_a_service_provider_is_of_its_harness(name: str) -> None:
    harness, profile = lab.load(name), load_profile(lab.profile_path(name))
    assert profile.base_url == harness.base_url
    assert profile.protocols == harness.protocols


@pytest.mark.parametrize("name", lab.names_of("identity-provider"))
def test_the_profile_of_an_identity_provider_is_of_its_harness_and_of_the_people_there(name: str) -> None:
    harness, profile = lab.load(name), find_idp(f"lab:{name}").profile
    first, *others = variables.people()
    assert (profile.protocol,) == harness.protocols
    assert urlsplit(profile.metadata or profile.remote_login.url).netloc == urlsplit(harness.base_url).netloc
    assert (profile.user, profile.password, profile.email) == (first["user"], first["password"], first["email"])
    assert [(one.user, one.password, one.email, one.name) for one in profile.person] == [
        (one["user"], one["password"], one["email"], f"{one['first_name']} {one['last_name']}") for one in others
    ]
    assert profile.protocol == "saml" or profile.remote_login.secret == variables.SECRET


def test_an_identity_provider_is_told_of_our_portal_as_its_profile_describes_it(tmp_path: Path) -> None:
    ours = load_idp_profile(lab.profile_path("idp-simplesamlphp")).portal
    told = variables.of_our_portal(attrs.evolve(ours, keys=str(tmp_path / "keys")), tmp_path)
    assert ours.sign_requests == "always"
    assert 'AuthnRequestsSigned="true"' in Path(told["LAB_SP_METADATA"]).read_text("utf-8")
    assert told["LAB_SP_ENTITY_ID"] == told["LAB_SP_BASE_URL"] == "http://portal.localhost:5002"
    assert Path(told["LAB_SP_CERT"]).read_text("utf-8").startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    ("command", "name", "mend"),
    [
        (("run", "--portal"), "idp-simplesamlphp", "check it by 'conformance idp lab:idp-simplesamlphp'"),
        (("idp",), "mellon", "judge it by 'conformance run --portal lab:mellon'"),
    ],
)
def test_one_of_the_other_kind_is_sent_to_its_command(command: tuple[str, ...], name: str, mend: str) -> None:
    done = conformance(*command, f"lab:{name}")
    assert done.returncode == 4
    assert mend in done.stderr


@pytest.mark.parametrize("path", sorted(lab.FOLDER.glob("*/baseline.toml")), ids=lambda path: path.parent.name)
def test_a_committed_baseline_is_for_its_own_harness(path: Path) -> None:
    ids = {
        "service-provider": lambda: {case.id for case in all_cases()},
        "identity-provider": lambda: {probe.id for probe in all_probes()},
    }
    known = load_baseline(path, ids[lab.load(path.parent.name).kind]()).known
    assert {entry.target for entry in known} == {f"lab:{path.parent.name}"}


def test_no_two_harnesses_want_one_port() -> None:
    ports = [lab.load(name).base_url.rpartition(":")[2] for name in lab.names()]
    assert len(set(ports)) == len(ports)


def test_no_harness_names_a_registry() -> None:
    for path in lab.FOLDER.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert not re.search(rb"registry\.|pythonhosted|\"resolved\"", path.read_bytes()), path
        if path.name == "package-lock.json":
            assert b"://" not in path.read_bytes(), path


def test_an_unknown_harness_is_named_with_the_nearest() -> None:
    with pytest.raises(lab.LabProblem, match=r"The lab has no 'melon'. Did you mean 'mellon'\?"):
        find("lab:melon")


def test_an_environment_is_made_anew_only_for_what_the_site_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness, made = attrs.evolve(lab.load(LIGHT), pip=True), list[str]()
    (tmp_path / "lab" / "small").mkdir(parents=True)
    monkeypatch.setattr(lab, "FOLDER", tmp_path / "lab")
    monkeypatch.setattr(lab, "load", lambda _: harness)
    monkeypatch.setattr(lab, "_must", lambda name, *_: made.append(name))
    for file, anew in (("portal.py", True), ("profile.toml", False), ("baseline.toml", False), ("lab.toml", False)):
        (tmp_path / "lab" / "small" / file).write_text("new")
        made.clear()
        assert (lab.set_up("small") / "portal.py").is_file()
        assert bool(made) is anew, file


@pytest.mark.usefixtures("alone")
def test_a_service_provider_of_the_lab_is_judged_and_stopped(tmp_path: Path) -> None:
    done, judged = run(
        tmp_path / "run", "remote-login.sound.plain*", "remote-login.hash.wrong", "--portal", f"lab:{LIGHT}",
        "--driver", "http",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(judged)["remote-login.hash.wrong"] == "pass"
    assert judged.header.target["kind"] == "lab"
    assert judged.header.target["versions"] == list(lab.load(LIGHT).versions)
    assert not lab.is_up(LIGHT)


@pytest.mark.usefixtures("alone")
def test_an_identity_provider_of_the_lab_is_checked_and_stopped(tmp_path: Path) -> None:
    done = conformance(
        "idp", f"lab:{LIGHT_IDP}", "idp.sign-in.*", "idp.remote-login.unknown-host-url",
        "--driver", "http", "--report", str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    judged = verdicts(read_run(tmp_path))
    assert judged["idp.remote-login.unknown-host-url"] == "pass"
    assert judged["idp.sign-in.person[accents]"] == "pass"
    assert not lab.is_up(LIGHT_IDP)


def test_one_that_cannot_tell_workers_apart_takes_one(tmp_path: Path) -> None:
    done = conformance("run", "--portal", "lab:mellon", "--driver", "http", "-n", "2", "--report", str(tmp_path))
    assert done.returncode == 4
    assert done.stderr == "lab:mellon is judged one case at a time (one_at_a_time in its lab.toml). Leave out -n.\n"


@pytest.mark.usefixtures("alone")
def test_up_and_down() -> None:
    assert conformance("lab", "up", LIGHT).stdout == f"{LIGHT} is up: {lab.load(LIGHT).base_url}\n"
    assert f"{lab.load(LIGHT).title}  [up]" in conformance("lab", "list").stdout
    assert conformance("lab", "down", LIGHT).stdout == f"{LIGHT} is down.\n"
    assert conformance("lab", "down", LIGHT).stdout == f"{LIGHT} was not up.\n"


@pytest.mark.usefixtures("alone")
def test_what_the_lab_did_not_start_is_not_judged_in_its_place() -> None:
    port = urlsplit(lab.load(LIGHT).base_url).port
    with listen(port or 0) as stranger:
        stranger.listen()
        assert not lab.is_up(LIGHT)
        with pytest.raises(lab.LabProblem, match="something that the lab did not start answers there"):
            lab.start(LIGHT)


@pytest.mark.usefixtures("alone")
def test_what_does_not_start_leaves_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = attrs.evolve(lab.load(LIGHT), start=("{python}", "-c", "raise SystemExit('no such key')"))
    monkeypatch.setattr(lab, "load", lambda _: broken)
    with pytest.raises(lab.LabProblem, match=r"does not start.*\n*Its last words:\nno such key"):
        lab.start(LIGHT)


def test_a_number_that_is_somebody_elses_by_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        started = tmp_path / "sso-conformance" / "lab" / "started" / LIGHT
        started.parent.mkdir(parents=True)
        started.write_text(f"{stranger.pid}\n{tmp_path / 'state'}")
        assert not lab.stop(LIGHT)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
