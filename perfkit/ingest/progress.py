"""One line while reading takes long, in a terminal or notebook; else silent."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from perfkit.units import format_bytes

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Progress", "watched"]

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
        stream = watched() if now >= self._next else None
        if stream is None:
            return
        self._next = now + _EVERY_S
        text = f"reading {name}: {self._said(now - self._begin)}"
        stream.write("\r" + text.ljust(self._width))
        stream.flush()
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
        stream = watched() if self._width else None
        if stream is not None:
            stream.write("\r" + " " * self._width + "\r")
            stream.flush()
            self._width = 0


def watched() -> TextIO | None:
    """Return what somebody looks at: a terminal, or a notebook, whose stderr looks like errors."""
    if type(sys.stdout).__module__.startswith("ipykernel"):
        return sys.stdout
    return sys.stderr if sys.stderr.isatty() else None
