"""One line on stderr while reading takes long, in a terminal or notebook; else silent."""

from __future__ import annotations

import sys
import time

from perfkit.units import format_bytes

__all__ = ["Progress"]

_QUIET_S, _EVERY_S = 2.0, 0.2


class Progress:
    """Says how far reading is, from the third second on, and wipes its line at the end."""

    def __init__(self, total: int = 0) -> None:
        """Begin to count the time; ``total`` is how many bytes there are, 0 when unknown."""
        self._begin = time.monotonic()
        self._next = self._begin + _QUIET_S
        self._total = total
        self._done = 0
        self._width = 0

    def add(self, name: str, size: int) -> None:
        """Count ``size`` more bytes, of ``name``; show it at most five times a second."""
        self._done += size
        now = time.monotonic()
        if now < self._next or not _is_watched():
            return
        self._next = now + _EVERY_S
        text = f"reading {name}: {self._said(now - self._begin)}"
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def _said(self, seconds: float) -> str:
        rate = self._done / seconds
        done = f"{format_bytes(self._done)}, {format_bytes(int(rate))}/s"
        left = self._total - self._done
        if left <= 0:
            return done
        return f"{done}, {left / rate:,.0f} s left"

    def close(self) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


def _is_watched() -> bool:
    """Whether somebody looks at stderr: a terminal, or a notebook."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")
