"""Replace methods of single objects for a while, never of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Patches"]

_ABSENT = object()


class Patches:
    """Methods replaced on instances (or modules); :meth:`undo` puts everything back."""

    def __init__(self) -> None:
        """Start with nothing replaced."""
        self._done: list[tuple[Any, str, Any, Any]] = []

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace ``owner.name`` by ``make(original)``."""
        before = vars(owner).get(name, _ABSENT)
        ours = make(getattr(owner, name))
        setattr(owner, name, ours)
        self._done.append((owner, name, before, ours))

    def undo(self) -> None:
        """Restore in reverse order.

        Where somebody wrapped our wrapper in the meantime, theirs stays: taking it away
        would break them. Wrappers must therefore stay harmless when their probe is over.
        """
        while self._done:
            owner, name, before, ours = self._done.pop()
            if vars(owner).get(name) is not ours:
                continue
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
