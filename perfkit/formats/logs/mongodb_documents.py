"""Documents of an export: JSON lines, a JSON array, or documents behind each other.

The decoder of the standard library is told where to begin, so that of a file that is cut off
all documents before the cut are read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from perfkit.formats.text import without_halves

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["documents", "number"]

_BLANK = re.compile(r"[\s,]*")
#: ``{"$numberLong": "5"}``; inside a text its quotes would be escaped, so that it cannot match.
_NUMBER = re.compile(
    r'\{\s*"\$number(?:Long|Int|Double)"\s*:\s*"?(-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,20})?)"?\s*\}'
)
_decode = json.JSONDecoder().raw_decode


def number(value: Any) -> int | None:
    """Return a count, or None for what is none or fits into no column."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def documents(text: str) -> Iterator[tuple[str, Any]]:
    """Yield each document's text and value, numbers plain; what cannot be read comes with None."""
    text = without_halves(text)
    if "$number" in text:
        text = _NUMBER.sub(r"\1", text)
    at = len(text) - len(text.lstrip())
    if text.startswith("[", at):
        at += 1
    while True:
        found = _BLANK.match(text, at)
        at = found.end() if found else at
        if text[at : at + 1] in {"", "]"}:
            return
        try:
            value, end = _decode(text, at)
        except RecursionError:
            yield text[at:], None
            return
        except (ValueError, OverflowError):
            following = text.find("\n{", at + 1)
            yield text[at : following if following > 0 else len(text)], None
            if following < 0:
                return
            at = following
            continue
        yield text[at:end], value
        at = end
