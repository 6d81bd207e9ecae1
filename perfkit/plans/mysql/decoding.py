"""JSON as MariaDB and MySQL print it and as people paste it.

MariaDB before 10.9 prints the tables of a join as members of one object that all have the
same name; :func:`decoded` keeps them, in order, as an array ``nested_loop``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError
from perfkit.plans.mysql.cut_off import closed
from perfkit.plans.mysql.steps import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decoded", "decoded_part", "unescaped"]

_JOINED = {
    "table", "block-nl-join", "read_sorted_file", "duplicates_removal",
    "full-scan-on-null_key", "range-checked-for-each-record",
}  # fmt: skip
_ESCAPE = re.compile(r"\\([\\ntr0'\"])")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"'}
_TRIES = 20
#: How all of them begin.
_START = re.compile(r'\{\s*"(?:query_optimization|query_block|query_plan|query|operation|inputs)"')
# A member whose value is a text, alone on its line as both servers print it.
_TEXT = re.compile(r'^([ \t]*"[\w-]+": ")(.*)(",?[ \t|]*)$', re.MULTILINE)
# A list of texts on one line, and one text of a longer list.
_LIST = re.compile(r'^([ \t]*"[\w-]+": \[")(.*)("\],?[ \t|]*)$', re.MULTILINE)
_ITEM = re.compile(r'^([ \t]*")((?![\w-]+": ).*)(",?[ \t|]*)$', re.MULTILINE)
_QUOTE = re.compile(r'\\(.)|"')


def decoded(text: str) -> dict[str, Any] | None:
    """Return the first object in ``text`` that is a plan, None if there is none.

    Raises:
        InputError: it is nested too deeply.
    """
    return _first(text, str) or _first_inside(text)


def decoded_part(text: str) -> dict[str, Any] | None:
    """Return as much of a plan as is in ``text``, which ends in the middle of it.

    Raises:
        InputError: it is nested too deeply.
    """
    return _first(text, closed)


def _first(text: str, taken: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Return the object that begins as plans do, of which ``taken`` is read."""
    for change in _CHANGES:
        changed = change(text)
        start = _START.search(changed)
        part = taken(changed[start.start() :]) if start else None
        found = None if part is None else _plan_at(part, 0)
        if found is not None:
            return found
    return None


def _first_inside(text: str) -> dict[str, Any] | None:
    """Return the first plan among the first objects that do not end in the middle."""
    position = -1
    for _ in range(0 if _START.search(text) else _TRIES):
        position = text.find("{", position + 1)
        found = _plan_at(text, position) if position >= 0 else None
        if found is not None:
            return found
    return None


def _plan_at(text: str, position: int) -> dict[str, Any] | None:
    decoder = json.JSONDecoder(object_pairs_hook=_members, strict=False)
    try:
        value, _end = decoder.raw_decode(text, position)
    except ValueError:
        return None
    except RecursionError:
        raise InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels") from None
    return dict(value) if _is_plan(value) else None


def _mended(text: str) -> str:
    """Escape what MariaDB (10.11 at least) prints as it is: quotes in conditions and names."""
    for line in (_TEXT, _ITEM):
        text = line.sub(lambda found: found[1] + _QUOTE.sub(_escaped, found[2]) + found[3], text)
    return _LIST.sub(_mended_list, text)


def _mended_list(found: re.Match[str]) -> str:
    texts = (_QUOTE.sub(_escaped, text) for text in found[2].split('", "'))
    return found[1] + '", "'.join(texts) + found[3]


def _escaped(found: re.Match[str]) -> str:
    known = found[1] in {"n", "r", "t", "b", "f", '"', "\\", "/"}
    return found[0] if known else f"\\{found[0]}"


def unescaped(text: str) -> str:
    r"""Return what the mysql client's batch mode escaped: ``\n``, ``\t``, ``\\``."""
    return _ESCAPE.sub(lambda found: _MEANT[found[1]], text)


_CHANGES: tuple[Callable[[str], str], ...] = (
    str,
    _mended,
    unescaped,
    lambda text: _mended(unescaped(text)),
    lambda text: text.replace('""', '"'),  # a cell of a CSV file
)


def _is_plan(value: Any) -> bool:
    return isinstance(value, dict) and not {"query_block", "query_plan", "operation"}.isdisjoint(
        value
    )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    joined = [{key: value} for key, value in pairs if key in _JOINED]
    several: dict[str, list[Any]] = {}
    for key, value in pairs:
        several.setdefault(key, []).append(value)
    plain = {
        key: values if len(values) > 1 else values[0]
        for key, values in several.items()
        if key not in _JOINED
    }
    return plain | ({"nested_loop": joined} if joined else {})
