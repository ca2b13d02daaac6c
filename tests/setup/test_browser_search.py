import os
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest

from conformance import browser
from conformance.browser import Machine, NoBrowser, search, search_headed


@attrs.define
class FakeMachine:
    """A machine in a folder: browsers are files; commands are noted and answered from ``does``."""

    home: Path
    said: list[str] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)
    does: dict[str, Callable[[], str | None]] = attrs.field(factory=dict)
    broken: set[Path] = attrs.field(factory=set)
    environ: dict[str, str] = attrs.field(factory=dict)
    root: bool = False

    def put(self, path: str) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
        file.chmod(0o755)
        return file

    def put_playwrights(self, folder: str, executable: str) -> Path:
        self.put(f"store/{folder}/INSTALLATION_COMPLETE")
        return self.put(f"store/{folder}/{executable}")

    def run(self, command: Sequence[str], seconds: float) -> str | None:
        assert seconds > 0
        if command[1:] == ["--version"]:
            return "error while loading shared libraries" if Path(command[0]) in self.broken else None
        asked = " ".join([Path(command[0]).name, *command[1:]]) if "playwright" not in command else "playwright"
        self.asked.append(asked)
        return self.does.get(asked, lambda: None)()

    def search(self) -> Path:
        return search(self.machine)

    @property
    def machine(self) -> Machine:
        return Machine(
            environ={
                "PATH": str(self.home / "bin"),
                "PLAYWRIGHT_BROWSERS_PATH": str(self.home / "store"),
                **self.environ,
            },
            places=(str(self.home / "opt/chrome"),),
            root=self.root,
            windows=False,
            run=self.run,
            say=self.said.append,
        )


INSTALL = "apt-get install -y --no-install-recommends {}"
SHELL = "chromium_headless_shell-1255"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_the_variable_comes_first(machine: FakeMachine) -> None:
    mine = machine.put("mine/browser")
    machine.put_playwrights(SHELL, "chrome-linux/headless_shell")
    machine.environ["CONFORMANCE_BROWSER"] = str(mine)
    assert machine.search() == mine
    assert machine.said == []


def test_the_variable_may_name_a_command(machine: FakeMachine) -> None:
    mine = machine.put("bin/vivaldi")
    machine.environ["CONFORMANCE_BROWSER"] = "vivaldi"
    assert machine.search() == mine


def test_a_variable_that_names_nothing_is_not_passed_over(machine: FakeMachine) -> None:
    machine.put("bin/chromium")
    machine.environ["CONFORMANCE_BROWSER"] = "/nowhere/browser"
    with pytest.raises(NoBrowser, match="CONFORMANCE_BROWSER names '/nowhere/browser', which is not there"):
        machine.search()


def test_a_variable_that_names_what_does_not_start_is_not_passed_over(machine: FakeMachine) -> None:
    mine = machine.put("mine/browser")
    machine.put("bin/chromium")
    machine.broken.add(mine)
    machine.environ["CONFORMANCE_BROWSER"] = str(mine)
    with pytest.raises(NoBrowser, match="does not start"):
        machine.search()


def test_playwrights_own_comes_before_the_machines(machine: FakeMachine) -> None:
    machine.put("bin/chromium-headless-shell")
    machine.put_playwrights("chromium-1300", "chrome-linux64/chrome")
    machine.put_playwrights("chromium_headless_shell-999", "chrome-headless-shell-linux64/chrome-headless-shell")
    newest = machine.put_playwrights(SHELL, "chrome-headless-shell-linux64/chrome-headless-shell")
    assert machine.search() == newest
    assert machine.said == [f"Using the browser {newest}."]


def test_a_half_installed_one_of_playwright_is_passed_over(machine: FakeMachine) -> None:
    machine.put(f"store/{SHELL}/chrome-linux/headless_shell")
    installed = machine.put("bin/google-chrome")
    assert machine.search() == installed


def test_of_those_on_the_machine_the_lightest_comes_first(machine: FakeMachine) -> None:
    machine.put("opt/chrome")
    machine.put("bin/google-chrome")
    machine.put("bin/chromium")
    shell = machine.put("bin/chromium-headless-shell")
    assert machine.search() == shell


def test_one_that_does_not_start_is_passed_over(machine: FakeMachine) -> None:
    machine.broken.add(machine.put("bin/chromium-browser"))
    chrome = machine.put("opt/chrome")
    assert machine.search() == chrome
    assert machine.asked == []


def test_then_playwright_fetches_one(machine: FakeMachine) -> None:
    def fetch() -> None:
        machine.put_playwrights(SHELL, "chrome-linux/headless_shell")

    machine.does["playwright"] = fetch
    assert machine.search().name == "headless_shell"
    assert machine.asked == ["playwright"]
    assert machine.said == [
        "There is no browser on this machine: fetching Playwright's headless Chromium (about 100 MB)."
    ]


def test_then_root_asks_the_package_manager(machine: FakeMachine) -> None:
    machine.root = True
    machine.put("bin/apt-get")
    machine.does["playwright"] = lambda: "getaddrinfo ENOTFOUND"
    machine.does[INSTALL.format("chromium-headless-shell")] = lambda: "Unable to locate package"

    def install() -> None:
        machine.put("bin/chromium")

    machine.does[INSTALL.format("chromium")] = install
    assert machine.search().name == "chromium"
    assert machine.asked == [
        "playwright",
        "apt-get update",
        INSTALL.format("chromium-headless-shell"),
        INSTALL.format("chromium"),
    ]


def test_what_playwright_fetched_but_does_not_start_is_passed_over(machine: FakeMachine) -> None:
    machine.root = True
    machine.put("bin/apt-get")

    def fetch() -> None:
        machine.broken.add(machine.put_playwrights(SHELL, "chrome-linux/headless_shell"))

    def install() -> None:
        machine.put("bin/chromium-headless-shell")

    machine.does["playwright"] = fetch
    machine.does[INSTALL.format("chromium-headless-shell")] = install
    assert machine.search().name == "chromium-headless-shell"


def test_only_root_asks_the_package_manager(machine: FakeMachine) -> None:
    machine.put("bin/apt-get")
    machine.does["playwright"] = lambda: "getaddrinfo ENOTFOUND"
    with pytest.raises(NoBrowser, match="that takes root"):
        machine.search()
    assert machine.asked == ["playwright"]


def test_if_nothing_works_it_says_what_was_tried_and_what_to_do(machine: FakeMachine) -> None:
    machine.root = True
    machine.put("bin/apt-get")
    machine.does["playwright"] = lambda: "getaddrinfo ENOTFOUND"
    for package in ("chromium-headless-shell", "chromium"):
        machine.does[INSTALL.format(package)] = lambda: "E: Unable to locate package."
    with pytest.raises(NoBrowser) as caught:
        machine.search()
    text = str(caught.value)
    assert "'playwright install' failed: getaddrinfo ENOTFOUND." in text
    assert "apt-get install failed: E: Unable to locate package." in text
    assert "set CONFORMANCE_BROWSER" in text
    assert "--driver http" in text


def test_on_windows_a_browser_is_believed() -> None:
    def never(command: Sequence[str], seconds: float) -> str | None:
        raise AssertionError(f"{command} would open a window ({seconds})")

    assert Machine(windows=True, run=never).starts(Path("chrome.exe"))


def test_workers_take_the_browser_that_was_found(monkeypatch: pytest.MonkeyPatch, machine: FakeMachine) -> None:
    found = machine.put("bin/chromium")
    monkeypatch.setenv("CONFORMANCE_BROWSER", "")
    monkeypatch.setattr(browser, "search", lambda _: found)
    assert browser.find_or_fetch.__wrapped__() == found
    assert os.environ["CONFORMANCE_BROWSER"] == str(found)


@pytest.mark.parametrize(
    ("script", "failure"), [("exit 0", None), ("echo said >&2; exit 3", "said"), ("exit 3", "exit code 3")]
)
def test_a_command_tells_why_it_failed(tmp_path: Path, script: str, failure: str | None) -> None:
    command = tmp_path / "command"
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    command.chmod(0o755)
    assert Machine().run([str(command)], 30) == failure


def test_a_command_that_is_not_there_tells_why() -> None:
    assert "No such file" in (Machine().run(["/nowhere/command"], 30) or "")


def test_a_window_needs_a_screen(machine: FakeMachine) -> None:
    machine.put("bin/chromium")
    with pytest.raises(NoBrowser, match="no screen"):
        search_headed(machine.machine)


def test_a_headless_shell_has_no_window(machine: FakeMachine) -> None:
    machine.environ["DISPLAY"] = ":0"
    machine.put("bin/chromium-headless-shell")
    machine.put_playwrights(SHELL, "chrome-linux/headless_shell")
    with pytest.raises(NoBrowser, match="a headless shell has none"):
        search_headed(machine.machine)
    assert machine.asked == []
    chrome = machine.put("opt/chrome")
    assert search_headed(machine.machine) == chrome


def test_the_variable_may_not_name_a_headless_shell_for_a_window(machine: FakeMachine) -> None:
    machine.environ.update(DISPLAY=":0", CONFORMANCE_BROWSER=str(machine.put("mine/chrome-headless-shell")))
    machine.put("bin/chromium")
    with pytest.raises(NoBrowser, match="CONFORMANCE_BROWSER"):
        search_headed(machine.machine)
