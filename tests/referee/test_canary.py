"""The canary: touched once is touched, and only the person whose sign-in named it is told."""

import subprocess
import sys
import urllib.request

from conformance.canary import Canary, touches_since_last_asked


def _fetch(url: str) -> None:
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert answer.status == 200


def test_a_touch_is_counted_once_and_for_its_person() -> None:
    with Canary() as canary:
        assert touches_since_last_asked(canary.url, "jane@example.com") == 0
        _fetch(f"{canary.url}/jane%40example.com/entity.dtd?x=1")
        _fetch(f"{canary.url}/jane%40example.com")
        assert touches_since_last_asked(canary.url, "john@example.com") == 0
        assert touches_since_last_asked(canary.url, "jane@example.com") == 2
        assert canary.touches_since_last_asked("jane@example.com") == 0


def test_a_canary_is_asked_from_another_process() -> None:
    program = "import sys; from conformance.canary import touches_since_last_asked as ask; print(ask(*sys.argv[1:]))"
    with Canary() as canary:
        _fetch(f"{canary.url}/jane%40example.com")
        asked = subprocess.run(
            [sys.executable, "-c", program, canary.url, "jane@example.com"], capture_output=True, text=True, check=True
        )
        assert asked.stdout == "1\n"
        assert touches_since_last_asked(canary.url, "jane@example.com") == 0
