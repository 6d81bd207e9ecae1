"""The shapes of many MongoDB commands: each distinct structure is looked at once.

One pass of RE2 takes the values out of all commands. What is left tells two commands apart
whenever their shapes differ: keys, brackets, ``true``, the directions of a sort, texts that
begin with ``$`` (a field in an expression) or name a collection. So one of each kind is parsed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.mongodb_shape import NAMING, shape

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["Shapes", "shapes_of"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?[0-9][0-9.eE+-]*"
#: Objects of Extended JSON that are one value; those of numbers are numbers already.
_WRAPPED = rf'\{{"\$(?:oid|date|uuid|numberDecimal)"\s*:\s*(?:{_STRING}|{_NUMBER})\}}'
_NAMES = "|".join(name.replace("$", r"\$") for name in sorted(NAMING))
_KEPT = (
    rf'"(?:{_NAMES})"\s*:\s*{_STRING}'  # a name
    rf'|"\$[^"\\]*"'  # an operator, or a field in an expression
    rf"|{_STRING}\s*:\s*(?:-?[01](?:\.0)?\s*[,}}])?"  # a key, and a direction
)
_VALUES = rf"({_KEPT})|{_WRAPPED}|{_STRING}|{_NUMBER}"
_REPEATS = r"\[[\s,]+\]"


class Shapes(NamedTuple):
    """Distinct shapes as (verb, rest), and which of them each command has."""

    texts: list[tuple[str, str]]
    which: Ints


def shapes_of(commands: pa.Array) -> Shapes:
    """Return the shape of each command (JSON objects as strings; null: an empty one)."""
    bare = pc.replace_substring_regex(commands.fill_null("{}"), _VALUES, r"\1")
    encoded = pc.replace_substring_regex(bare, _REPEATS, "[,]").dictionary_encode()
    index = encoded.indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(index, return_index=True)
    examples = commands.take(pa.array(first)).to_pylist()
    return Shapes([_shape(text) for text in examples], index)


def _shape(text: str | None) -> tuple[str, str]:
    try:
        return shape(msgspec.json.decode(text or "{}"))
    except (msgspec.DecodeError, RecursionError):
        return "", ""
