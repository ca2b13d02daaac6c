"""Every task of the project by ``nox -s``: its sessions below, ``tests`` by default."""

import json
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

# What each file of pinned requirements holds beside the runtime dependencies: each is part of the next.
CONFORMANCE = ("--extra", "conformance", "--group", "build")
TESTS = (*CONFORMANCE, "--group", "test")
BENCH = (*TESTS, "--group", "bench")

IN_THE_BROWSER = ("saml.sound.*", "remote-login.sound.*", "saml.times.*", "remote-login.hash.*")
"""What the tests perform in the browser as well; ``nox -s conformance`` performs the whole catalogue there."""


@nox.session
def conformance(session: nox.Session) -> None:
    """Judge the portal stub through a real browser, or what the arguments of 'conformance run' after '--' name."""
    _install(session, "conformance")
    session.run("conformance", "run", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Lint, types, tests, and the conformance suite against the stub; arguments after '--' are for pytest."""
    _install(session, "tests")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("pytest", "-n", "auto", *session.posargs)
    session.run("conformance", "run", "--driver", "http", "--report", "reports/tests")
    session.run("conformance", "run", *IN_THE_BROWSER, "--report", "reports/browser")


@nox.session(default=False)
def matrix(session: nox.Session) -> None:
    """Put the whole catalogue to every weakness, and hold the published matrix against what is found."""
    _install(session, "tests")
    session.run("pytest", "-m", "whole_matrix", "tests/referee/test_matrix.py", *session.posargs)


@nox.session(default=False)
def interop(session: nox.Session) -> None:
    """Judge every service provider of the lab, or '-- --kind identity-provider', and write the matrix."""
    _install(session, "conformance")
    session.run("python", "-m", "conformance.lab.interop", *session.posargs)


@nox.session(default=False)
def deviations(session: nox.Session) -> None:
    """Post 20,000 random deviations of sound sign-ins to the portal; arguments after '--' are for pytest."""
    _install(session, "tests")
    session.run("pytest", "-n", "auto", "tests/property", *session.posargs, env={"DEVIATIONS": "20000"})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure how many messages are minted and judged in a second, beside peers; after '--': the number of rounds."""
    _install(session, "bench")
    session.run("python", "-m", "bench.rates", *session.posargs)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Start the simulator and the portal stub for use by hand, and print their addresses."""
    _install(session, "conformance")
    session.run("python", "-m", "conformance.demo")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Pin every dependency anew, with hashes; '-- --upgrade' takes the newest versions."""
    session.install("uv")
    _compile(session, "conformance", *CONFORMANCE)
    _compile(session, "tests", *TESTS, "--constraints", "requirements/conformance.txt")
    _compile(session, "bench", *BENCH, "--constraints", "requirements/tests.txt")
    for manifest in sorted(Path("conformance/lab").glob("*/package.json")):
        _lock_npm(session, manifest.parent)


def _install(session: nox.Session, requirements: str) -> None:
    """Install what is pinned and the project itself; the build backend is among the pinned.

    Libraries are compiled here, once: where Python is told to write no bytecode, every process would compile them anew.
    """
    pinned = ("--require-hashes", "-r", f"requirements/{requirements}.txt")
    session.install(*pinned, env={"UV_COMPILE_BYTECODE": "1"})
    session.install("--no-deps", "--no-build-isolation", "--editable", ".")


def _compile(session: nox.Session, name: str, *options: str) -> None:
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--output-file", f"requirements/{name}.txt"),
        *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"),
        *options,
        *session.posargs,
    )


def _lock_npm(session: nox.Session, folder: Path) -> None:
    """Pin the npm packages of a harness, with hashes and without addresses: npm knows where its registry is."""
    lock = folder / "package-lock.json"
    if "--upgrade" in session.posargs:
        lock.unlink(missing_ok=True)
    npm = "npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --prefix"
    session.run(*npm.split(), str(folder), external=True)
    pinned = json.loads(lock.read_text(encoding="utf-8"))
    for package in pinned["packages"].values():
        for beside in ("engines", "funding", "license"):
            package.pop(beside, None)
    lock.write_text(json.dumps(pinned, indent=2) + "\n", encoding="utf-8")
