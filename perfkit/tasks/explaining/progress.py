"""One line while many statements are explained, in a terminal or notebook; else silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from perfkit.ingest.progress import watched
from perfkit.visible import visible

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Steps"]

_WIDTH = 79  # a longer line would wrap, and only its last part be wiped


class Steps:
    """Says which of how many is worked at, and wipes its line at the end."""

    def __init__(self, total: int) -> None:
        """Begin; ``total`` is how many there are."""
        self._total, self._done, self._width = total, 0, 0

    def next(self, what: str) -> None:
        """Say that the next one, ``what``, has begun."""
        self._done += 1
        self._write(visible(f"explaining {self._done} of {self._total}: {what}", _WIDTH))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        stream = watched()
        if stream is None:
            return
        stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        stream.flush()
        self._width = len(text)
