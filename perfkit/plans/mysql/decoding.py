"""JSON as MariaDB and MySQL print it and as people paste it.

MariaDB before 10.9 prints the tables of a join as members of one object that all have the
same name; :func:`decoded` keeps them, in order, as an array ``nested_loop``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from perfkit.errors import InputError
from perfkit.plans.mysql.steps import MAX_DEPTH

__all__ = ["decoded", "unescaped"]

_JOINED = {
    "table", "block-nl-join", "read_sorted_file", "duplicates_removal",
    "full-scan-on-null_key", "range-checked-for-each-record",
}  # fmt: skip
_ESCAPE = re.compile(r"\\([\\ntr0'\"])")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"'}
_TRIES = 20
# A member whose value is a text, alone on its line as both servers print it.
_TEXT = re.compile(r'^([ \t]*"[\w-]+": ")(.*)(",?[ \t|]*)$', re.MULTILINE)
_QUOTE = re.compile(r'\\(.)|"')


def decoded(text: str) -> dict[str, Any] | None:
    """Return the first object in ``text`` that is a plan, None if there is none.

    Raises:
        InputError: it is nested too deeply.
    """
    for change in (str, _mended, unescaped, lambda escaped: _mended(unescaped(escaped))):
        found = _first_plan(change(text))
        if found is not None:
            return found
    return None


def _first_plan(text: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder(object_pairs_hook=_members, strict=False)
    position = -1
    for _ in range(_TRIES):
        position = text.find("{", position + 1)
        if position < 0:
            break
        try:
            value, _end = decoder.raw_decode(text, position)
        except ValueError:
            continue
        except RecursionError:
            raise InputError(
                f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels"
            ) from None
        if _is_plan(value):
            return dict(value)
    return None


def _mended(text: str) -> str:
    """Escape what MariaDB (10.11 at least) prints as it is: quotes inside of conditions."""
    return _TEXT.sub(lambda line: line[1] + _QUOTE.sub(_escaped, line[2]) + line[3], text)


def _escaped(found: re.Match[str]) -> str:
    known = found[1] in {"n", "r", "t", "b", "f", '"', "\\", "/"}
    return found[0] if known else f"\\{found[0]}"


def unescaped(text: str) -> str:
    r"""Return what the mysql client's batch mode escaped: ``\n``, ``\t``, ``\\``."""
    return _ESCAPE.sub(lambda found: _MEANT[found[1]], text)


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
