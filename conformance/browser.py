"""Finding the browser, or fetching one.

The order: the variable ``CONFORMANCE_BROWSER``, Playwright's own Chromium, a headless shell, Chromium or Chrome on the
machine, ``playwright install``, the system's package manager when root. A browser counts only if it tells its version:
one whose shared libraries are missing, or a stub that merely points elsewhere, is passed over.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

VARIABLE = "CONFORMANCE_BROWSER"

COMMANDS = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "headless_shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
"""What browsers are called on the search path, the lightest first: a headless shell costs a quarter of a full one."""

PLACES = (
    "/usr/lib/chromium/chromium",
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
"""Where browsers live that are not on the search path."""

_PLAYWRIGHTS = (
    ("chromium_headless_shell-*", ("*/chrome-headless-shell", "*/headless_shell", "*/chrome-headless-shell.exe")),
    ("chromium-*", ("*/chrome", "*/chrome.exe", "*/*.app/Contents/MacOS/*")),
)
_INSTALL = (sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")
_PACKAGES = ("chromium-headless-shell", "chromium")
_HEADLESS = re.compile("headless[-_]shell")
_DISPLAYS = {"DISPLAY", "WAYLAND_DISPLAY"}
_PATIENCE = 900
"""How long a download may take, in seconds."""

HELP = f"""Do one of these:
  - set {VARIABLE} to the path of Chromium, Chrome or a headless shell;
  - run 'playwright install --with-deps --only-shell chromium' (it needs the internet);
  - install Chromium with the system's package manager (Debian: apt-get install chromium-headless-shell);
  - leave the browser out: conformance run --driver http."""


class NoBrowser(Exception):
    """There is no browser and none could be fetched; the text says what was tried and what to do."""


def _run(command: Sequence[str], seconds: float) -> str | None:
    """Run the command without input. Return None if it succeeded, else its last words."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - the commands are ours, the browsers those that the machine's owner put there
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    said = (done.stderr + done.stdout).decode(errors="replace").split("\n")
    return next((line.strip() for line in said if line.strip()), f"exit code {done.returncode}")


@attrs.frozen(kw_only=True)
class Machine:
    """What the search looks at and may do; tests put their own in its place."""

    environ: Mapping[str, str] = attrs.field(factory=lambda: os.environ)
    places: tuple[str, ...] = PLACES
    root: bool = attrs.field(factory=lambda: hasattr(os, "geteuid") and os.geteuid() == 0)
    windows: bool = sys.platform == "win32"
    run: Callable[[Sequence[str], float], str | None] = _run
    """Run a command with a limit in seconds; None is success, else the reason why not."""
    say: Callable[[str], None] = attrs.field(default=lambda text: print(text, file=sys.stderr))

    def which(self, command: str) -> Path | None:
        """Return the command's path on the search path."""
        found = shutil.which(command, path=self.environ.get("PATH", os.defpath))
        return Path(found) if found else None

    def starts(self, browser: Path) -> bool:
        """Whether the browser tells its version. On Windows it would open a window instead: there it is believed."""
        return self.windows or self.run([str(browser), "--version"], 30) is None


@functools.cache
def find_or_fetch() -> Path:
    """Return the path of the browser, fetching one if there is none; say in a sentence on stderr what is done.

    The path is left in ``CONFORMANCE_BROWSER``, so that workers started from here take the same browser without a
    search of their own. Raises NoBrowser.
    """
    browser = search(Machine())
    os.environ[VARIABLE] = str(browser)
    return browser


def find_headed() -> Path:
    """Return the path of a browser that can show a window. None is fetched for it. Raises NoBrowser."""
    return search_headed(Machine())


def search_headed(machine: Machine) -> Path:
    """Return the first browser in the order of this module that starts and has a window to show. Raises NoBrowser."""
    if not (machine.windows or sys.platform == "darwin" or machine.environ.keys() & _DISPLAYS):
        raise NoBrowser(
            "There is no screen to show a browser on (DISPLAY and WAYLAND_DISPLAY are not set). "
            "Start it in a graphical session, or with 'xvfb-run'; or leave --headed out."
        )
    if named := machine.environ.get(VARIABLE):
        found = [_named(named, machine)]
    else:
        found = [*_playwrights_own(machine), *_installed(machine)]
    for browser in found:
        if not _HEADLESS.search(browser.name) and machine.starts(browser):
            return browser
    raise NoBrowser(
        f"There is no browser with a window here{'; a headless shell has none' if found else ''}. Install Chromium or "
        f"Chrome ('playwright install chromium', or Debian: apt-get install chromium), or set {VARIABLE} to the path "
        "of one; or leave --headed out."
    )


def search(machine: Machine) -> Path:
    """Return the path of the first browser in the order of this module that starts. Raises NoBrowser."""
    if named := machine.environ.get(VARIABLE):
        return _named(named, machine)
    for browser in (*_playwrights_own(machine), *_installed(machine)):
        if machine.starts(browser):
            machine.say(f"Using the browser {browser}.")
            return browser
    failures = []
    for fetch in (_fetch_with_playwright, _fetch_with_packages):
        found, failure = fetch(machine)
        if found is not None:
            return found
        failures.append(failure)
    raise NoBrowser(f"There is no browser. {' '.join(failures)}\n{HELP}")


def _named(value: str, machine: Machine) -> Path:
    path = Path(value) if Path(value).is_file() else machine.which(value)
    if path is None:
        raise NoBrowser(f"{VARIABLE} names '{value}', which is not there. Give the path of a browser, or unset it.")
    if not machine.starts(path):
        raise NoBrowser(f"{VARIABLE} names '{value}', which does not start. Try '{value} --version'.")
    return path


def _playwrights_own(machine: Machine) -> Iterator[Path]:
    """Yield what ``playwright install`` has put on this machine, the newest first."""
    store = _store(machine)
    for folders, executables in _PLAYWRIGHTS:
        for folder in sorted(store.glob(folders), key=_revision, reverse=True):
            if (folder / "INSTALLATION_COMPLETE").is_file():
                yield from (path for pattern in executables for path in sorted(folder.glob(pattern)))


def _revision(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _store(machine: Machine) -> Path:
    """Return the folder of Playwright's browsers (playwright.dev, Browsers: Managing browser binaries)."""
    if named := machine.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(named)
    home = Path(machine.environ.get("HOME") or machine.environ.get("USERPROFILE") or Path.home())
    caches = {"darwin": home / "Library/Caches", "win32": home / "AppData/Local"}
    xdg = machine.environ.get("XDG_CACHE_HOME")
    return caches.get(sys.platform, Path(xdg) if xdg else home / ".cache") / "ms-playwright"


def _installed(machine: Machine) -> Iterator[Path]:
    yield from (path for path in map(machine.which, COMMANDS) if path)
    yield from (path for path in map(Path, machine.places) if path.is_file())


def _fetch_with_playwright(machine: Machine) -> tuple[Path | None, str]:
    machine.say("There is no browser on this machine: fetching Playwright's headless Chromium (about 100 MB).")
    if failure := machine.run(_INSTALL, _PATIENCE):
        return None, f"'playwright install' failed: {failure.rstrip('.')}."
    found = next(filter(machine.starts, _playwrights_own(machine)), None)
    return found, "What 'playwright install' fetched does not start: system libraries are missing."


def _fetch_with_packages(machine: Machine) -> tuple[Path | None, str]:
    apt = machine.which("apt-get")
    if apt is None or not machine.root:
        return None, "The system's package manager was not asked: that takes root, and apt-get."
    machine.say(f"Installing the system's package {_PACKAGES[0]} with apt-get.")
    machine.run([str(apt), "update"], _PATIENCE)
    for package in _PACKAGES:
        failure = machine.run([str(apt), "install", "-y", "--no-install-recommends", package], _PATIENCE)
        found = None if failure else next(filter(machine.starts, _installed(machine)), None)
        if found is not None:
            return found, ""
    return None, f"apt-get install failed: {(failure or 'the browser does not start').rstrip('.')}."
