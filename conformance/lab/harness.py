"""Setting a harness of the lab up, starting it, stopping it.

A harness is a folder with ``lab.toml`` (what it is, what it needs, how it starts), ``profile.toml`` (how it is driven
and read) and its code. Its environment is made on first use and cached; it is told everything else in variables.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import attrs

from conformance.idp.profile import load as load_profile
from conformance.lab.variables import of_our_portal, of_the_simulator
from rulebook.strict_toml import nearest, read

FOLDER = Path(__file__).parent
Kind = Literal["service-provider", "identity-provider"]
PATIENCE = 60
"""How long a harness may take to answer for the first time, in seconds."""


class LabProblem(Exception):
    """A harness is not known, cannot be set up or does not start; the text says which, why and how to mend it."""


@attrs.frozen(kw_only=True)
class Harness:
    """``lab.toml``: ``debian`` are packages of the system; ``pip`` and ``npm`` say that a list of packages is there.

    In ``start``, ``{python}`` is the interpreter of the harness's own environment and ``{folder}`` where its code is.
    ``one_at_a_time``: what it shows of a refusal, or it itself, cannot tell the cases of several workers apart.
    """

    title: str
    kind: Kind
    protocols: tuple[Literal["saml", "remote-login"], ...]
    base_url: str
    start: tuple[str, ...]
    versions: tuple[str, ...]
    configured: str
    debian: tuple[str, ...] = ()
    pip: bool = False
    npm: bool = False
    one_at_a_time: bool = False


def names() -> list[str]:
    """Return the names of all harnesses."""
    return sorted(path.parent.name for path in FOLDER.glob("*/lab.toml"))


def names_of(kind: Kind) -> list[str]:
    """Return the names of all harnesses of this kind. Raises FileProblem."""
    return [name for name in names() if load(name).kind == kind]


def load(name: str) -> Harness:
    """Return the harness of this name. Raises LabProblem or FileProblem."""
    if name not in names():
        raise LabProblem(f"The lab has no '{name}'.{nearest(name, names())} It has: {', '.join(names())}.")
    return read(FOLDER / name / "lab.toml", Harness)


def profile_path(name: str) -> Path:
    """Return where the profile of this harness is, of the form that its kind has."""
    return FOLDER / name / "profile.toml"


def baseline_path(name: str) -> Path:
    """Return where the known failures of this harness are, if it has any."""
    return FOLDER / name / "baseline.toml"


def cache() -> Path:
    """Return the folder of everything that the lab keeps between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "sso-conformance" / "lab"


def keys() -> Path:
    """Return the folder of the keys with which the simulator signs for every harness."""
    return cache() / "keys"


def portal_keys() -> Path:
    """Return the folder of the keys of our portal, as every identity provider of the lab knows it."""
    return cache() / "portal"


def missing(harness: Harness) -> list[str]:
    """Return the system's packages that the harness needs and the machine has not."""
    return [package for package in harness.debian if not _runs("dpkg", "--status", package)]


def set_up(name: str) -> Path:
    """Make the environment of a harness unless it is there, and return the folder of its code.

    Installs the system's packages where that is allowed. Raises LabProblem.
    """
    harness = load(name)
    if lacking := missing(harness):
        _install_packages(name, lacking)
    if not (harness.pip or harness.npm):
        return FOLDER / name
    place = cache() / name
    stamp = place / "made-from"
    if not stamp.is_file() or stamp.read_text() != _fingerprint(name):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(FOLDER / name, place / "site")
        if harness.pip:
            _must(name, sys.executable, "-m", "venv", str(place / "venv"))
            _must(
                name, str(_python(name)), "-m", "pip", "install", "--quiet", "-r", str(place / "site/requirements.txt")
            )
        if harness.npm:
            _must(name, "npm", "ci", "--no-audit", "--no-fund", "--prefix", str(place / "site"))
        stamp.write_text(_fingerprint(name))
    return place / "site"


@contextlib.contextmanager
def running(name: str) -> Iterator[None]:
    """Run a harness of the lab, unless it runs already (``lab up``). Raises LabProblem."""
    if is_up(name):
        yield
        return
    start(name)
    try:
        yield
    finally:
        stop(name)


def start(name: str) -> None:
    """Start a harness with a fresh state, and return once it answers. Raises LabProblem."""
    harness = load(name)
    if _answers(harness):
        raise LabProblem(
            f"{name} would stand at {harness.base_url}, but something that the lab did not start answers there. End it."
        )
    folder = set_up(name)
    python = _python(name) if harness.pip else Path(sys.executable)
    command = [part.format(python=python, folder=folder) for part in harness.start]
    if shutil.which(command[0]) is None:
        raise LabProblem(f"{name} starts with '{command[0]}', which this machine has not. Install it.")
    # Not below the home: a server that stops being root must still reach it.
    state = Path(tempfile.mkdtemp(prefix=f"lab-{name}-"))
    log = _started(name).with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command of a harness of ours
            command, cwd=folder, env=_environment(name, state), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    _started(name).write_text(f"{process.pid}\n{state}", encoding="utf-8")
    patience = time.monotonic() + PATIENCE
    while not _answers(harness):
        if process.poll() is not None or time.monotonic() > patience:
            stop(name)
            words = log.read_text(errors="replace").strip()[-1500:]
            raise LabProblem(f"{name} does not start ({' '.join(command)}). Its last words:\n{words or '(none)'}")
        time.sleep(0.1)


def stop(name: str) -> bool:
    """Stop what ``start`` started; tell whether there was anything to stop. Raises LabProblem for an unknown name."""
    load(name)
    try:
        pid, _, state = _started(name).read_text(encoding="utf-8").partition("\n")
    except FileNotFoundError:
        return False
    was_there = _is_its(int(pid), state) and _end(int(pid))
    shutil.rmtree(state, ignore_errors=True)
    _started(name).unlink()
    return was_there


def is_up(name: str) -> bool:
    """Whether the harness was started by the lab and answers."""
    return _answers(load(name)) and _started(name).is_file()


def _environment(name: str, state: Path) -> Mapping[str, str]:
    harness, about = load(name), state / "about"
    about.mkdir()
    if harness.kind == "identity-provider":
        portal = load_profile(profile_path(name)).portal
        told = of_our_portal(attrs.evolve(portal, keys=str(portal_keys())), about)
    else:
        told = of_the_simulator(keys(), about)
    return {
        **os.environ,
        "LAB_PORT": str(urlsplit(harness.base_url).port),
        "LAB_BASE_URL": harness.base_url,
        "LAB_STATE": str(state),
        **told,
    }


def _answers(harness: Harness) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", urlsplit(harness.base_url).port or 80), timeout=1).close()
        return True
    return False


def _is_its(pid: int, state: str) -> bool:
    """Whether the process is the one that was started: by now its number may be somebody else's."""
    told = Path(f"/proc/{pid}/environ")
    with contextlib.suppress(OSError):
        return not Path("/proc").is_dir() or f"LAB_STATE={state}".encode() in told.read_bytes().split(b"\0")
    return False


def _end(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        patience = time.monotonic() + 5
        while time.monotonic() < patience:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            os.killpg(pid, 0)
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
    return True


def _python(name: str) -> Path:
    return cache() / name / "venv" / "bin" / "python"


def _started(name: str) -> Path:
    return cache() / "started" / name


def _fingerprint(name: str) -> str:
    """Return what the environment is made from: the content of the folder, but for what only the referee reads."""
    apart = {FOLDER / name / file for file in ("lab.toml", "profile.toml", "baseline.toml")}
    files = {path for path in (FOLDER / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    digest = hashlib.sha256()
    for path in sorted(files - apart):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _install_packages(name: str, packages: list[str]) -> None:
    wanted = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise LabProblem(f"{name} needs packages of the system: apt-get install {wanted}")
    _must(name, "apt-get", "update")
    _must(name, "apt-get", "install", "-y", "--no-install-recommends", *packages)


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed commands
    except OSError:
        return False


def _must(name: str, *command: str) -> None:
    # RUNLEVEL 1: Debian's packages start no service of their own.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        said = (done.stdout + done.stderr).decode(errors="replace").strip()[-800:]
        failed = done.returncode != 0
    except OSError as error:
        failed, said = True, str(error)
    if failed:
        raise LabProblem(f"{name} cannot be set up: '{' '.join(command)}' failed.\n{said}")
