"""One line on a terminal's stderr while reading takes long; silent everywhere else."""

from __future__ import annotations

import sys
import time

from perfkit.units import format_bytes

__all__ = ["Progress"]

_QUIET_S, _EVERY_S = 2.0, 0.2


class Progress:
    """Says how far reading is, from the third second on, and wipes its line at the end."""

    def __init__(self) -> None:
        """Begin to count the time."""
        self._next = time.monotonic() + _QUIET_S
        self._width = 0

    def say(self, name: str, size: int) -> None:
        """Show ``name`` and how much of it was read, at most five times a second."""
        now = time.monotonic()
        if now < self._next or not sys.stderr.isatty():
            return
        self._next = now + _EVERY_S
        text = f"reading {name}: {format_bytes(size)}"
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def close(self) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0
