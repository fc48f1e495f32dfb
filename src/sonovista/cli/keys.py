"""Single keys from a terminal, without waiting for the end of a line."""

import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NextKey = Callable[[float], str]
"""Waits so many seconds for a key; returns it in lower case, or nothing."""


def _nothing(seconds: float) -> str:
    time.sleep(seconds)
    return ""


@contextmanager
def pressed_keys() -> Iterator[NextKey]:
    """Keys as they are pressed; none where there is no terminal."""
    if not sys.stdin.isatty():
        yield _nothing
    elif sys.platform == "win32":
        yield _windows_key
    else:
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)
            yield _unix_key
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _unix_key(seconds: float) -> str:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.read(1).lower() if ready else ""


def _windows_key(seconds: float) -> str:
    import msvcrt

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if msvcrt.kbhit():  # pyright: ignore[reportAttributeAccessIssue]
            return msvcrt.getwch().lower()  # pyright: ignore[reportAttributeAccessIssue]
        time.sleep(0.005)
    return ""
