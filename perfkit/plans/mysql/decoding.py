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


def decoded(text: str) -> dict[str, Any] | None:
    """Return the first object in ``text`` that is a plan, None if there is none.

    Raises:
        InputError: it is nested too deeply.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_members)
    for candidate in (text, unescaped(text)):
        position = -1
        for _ in range(_TRIES):
            position = candidate.find("{", position + 1)
            if position < 0:
                break
            try:
                value, _end = decoder.raw_decode(candidate, position)
            except ValueError:
                continue
            except RecursionError:
                raise InputError(
                    f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels"
                ) from None
            if _is_plan(value):
                return dict(value)
    return None


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
