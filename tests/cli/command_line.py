"""What the tests of the command line share."""

import subprocess
from collections.abc import Callable

Run = Callable[..., subprocess.CompletedProcess[str]]

FAST = ("--size", "256", "--gaussians", "20000", "--profile", "classical")
"""Options of a small scene, made without weights."""


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one clear line of a run that failed on its input."""
    assert result.returncode == 1, (result.returncode, result.stderr[-2000:])
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("sonovista: error:")]
    assert len(lines) == 1, result.stderr[-2000:]
    assert result.stdout == ""
    return lines[0]
