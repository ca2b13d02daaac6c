"""The command ``conformance`` as a process of its own, as people and machines start it."""

import subprocess
import sys
from pathlib import Path

from conformance.events import Run, read


def conformance(*arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)


def run(directory: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Run]:
    done = conformance("run", *arguments, "--report", str(directory))
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done, read(directory)


def verdicts(run: Run) -> dict[str, str]:
    return {case.id: case.verdict for case in run.cases}
