"""Objects as Node.js prints them (``util.inspect``): where they are, and their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.log_lines import groups

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.orm.log_lines import LogLines

__all__ = ["BEGINS", "BEGINS_RAW", "number", "objects", "raw", "text"]

_KEYS = "text|query|sql|timestamp|method|duration|rows|params|bindings|values|__knex\\w+"
#: RE2: a line with which an object begins that may be a query.
BEGINS = rf"^[^{{]*\{{(?:$| (?:{_KEYS}): )"
#: The same for ``re`` and bytes as they were written: whole lines, perhaps in colours.
BEGINS_RAW = rf"^[^\n{{]*\{{(?:\x1b\[[0-9;]*m)*(?:\r?\n| (?:{_KEYS}): )"
_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`)"
#: util.inspect puts each line of a long text into a string of its own.
_STRINGS = rf"{_STRING}(?: \+\s+{_STRING})*"
_ONE = re.compile(r"""'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)"|`((?:[^`\\]|\\.)*+)`""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SURROGATES = range(0xD800, 0xE000)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def objects(log: LogLines, others: Ints) -> tuple[Ints, Ints]:
    """Return first lines of objects that may be queries, and behind which line each ends.

    An object in which another begins, or one of the records that begin in the lines ``others``,
    is none.
    """
    first = log.matching(BEGINS)
    alone = pc.match_substring_regex(log.text.take(pa.array(first)), r"\}\s*$")
    closing = np.append(log.matching(r"^\}"), log.count)
    begins = np.append(np.union1d(first, others), log.count)
    following = begins[np.searchsorted(begins, first, side="right")]
    last = closing[np.searchsorted(closing, first)]
    last = np.where(alone.to_numpy(zero_copy_only=False), first, last)
    whole = last < following
    return first[whole], last[whole] + 1


def text(bodies: pa.Array, names: str) -> pa.Array:
    """Return the string that a key has, unescaped; null where it has none."""
    found = groups(bodies, rf"(?s)(?:^|[{{,\s])(?:{names}): (?P<value>{_STRINGS})")["value"]
    encoded = found.dictionary_encode()
    plain = [_unescaped(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(plain, pa.string()).take(encoded.indices)


def number(bodies: pa.Array, names: str) -> pa.Array:
    """Return the digits of a key's number, also of ``'5ms'``."""
    pattern = rf"(?:^|[{{,\s])(?:{names}): '?(?P<value>[0-9]+(?:\.[0-9]+)?)(?: ?ms)?'?(?:[,\s}}]|$)"
    return groups(bodies, pattern)["value"]


def raw(bodies: pa.Array, names: str) -> pa.Array:
    """Return what a key has as it was printed: an array of up to some lines, or a string."""
    pattern = rf"(?s)(?:^|[{{,\s])(?:{names}): (?P<value>\[[^\[\]]*\]|{_STRING})"
    return groups(bodies, pattern)["value"]


def _unescaped(value: str) -> str:
    parts = ("".join(group or "" for group in found) for found in _ONE.findall(value))
    return "".join(_ESCAPE.sub(_character, part) for part in parts)


def _character(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    if digits is None:
        return _SHORT.get(found[3], found[3])
    code = int(digits, 16)
    return "\ufffd" if code in _SURROGATES else chr(code)
