"""A question about a route that no request serves: the answer is which routes there are."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["unknown_route"]

_SHOWN = 80  # characters of a name
_COMPARED = 1_000  # names: comparing two takes some 10 µs
_NAMED = 3


def unknown_route(verb: str, route: str, known: Iterable[str | None]) -> UsageError:
    """Return the error to raise: ``verb`` was asked for ``route``; ``known`` routes are served.

    Names like ``route`` are suggested, otherwise the first few.

    Example:
        >>> unknown_route("tail", "/order", ["/orders", "/cart"]).hint
        'did you mean /orders?'
    """
    names = [name for name in dict.fromkeys(known) if name][:_COMPARED]
    short = list(dict.fromkeys(name[:_SHOWN] for name in names))
    near = difflib.get_close_matches(route[:_SHOWN], short, n=_NAMED)
    if near:
        hint = f"did you mean {' or '.join(visible(name, _SHOWN) for name in near)}?"
    elif names:
        hint = f"routes are, for example: {', '.join(visible(n, _SHOWN) for n in names[:_NAMED])}"
    else:
        hint = "the recording has no requests with a start and a duration"
    return UsageError(
        f"{verb}: no request is served on route '{visible(route, _SHOWN)}'", hint=hint
    )
