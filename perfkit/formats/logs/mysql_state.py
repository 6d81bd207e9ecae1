"""What an earlier record of a slow query log says that holds for later ones.

MySQL writes ``use shop;`` only when the database is another than that of the record before,
and servers before MySQL 5.7 write ``# Time:`` only when the second has changed. When a server
opens the log again, both begin anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.mysql_lines import find_records
from perfkit.formats.text import to_utf8

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.mysql_lines import Records

__all__ = ["Held", "databases", "held_lines", "holds"]

#: Where the lines that hold are looked for first.
_TAIL = 1 << 18
#: Where every record names its database, no ``use`` needs to hold.
_SCHEMA = re.compile(rb"^# (?:Thread_id: [0-9]+  )?Schema: ", re.MULTILINE)
#: Where records have these, no ``# Time`` needs to hold.
_STAMP = b"\nSET timestamp="


@dataclass(frozen=True, kw_only=True)
class Held:
    """The last lines ``use ...;`` and ``# Time: ...`` ("": none since the log was opened)."""

    use: str = ""
    time: str = ""


def holds(data: bytes, before: Held | None) -> Held:
    """Return what holds behind ``data``: whole records."""
    tail = data[-_TAIL:]
    held, opened = _behind(tail)
    use_known = held.use or _SCHEMA.search(tail) or b"\nuse " not in data
    time_known = held.time or _STAMP in tail
    if not (opened or (use_known and time_known)) and len(data) > _TAIL:
        held, opened = _behind(data)
    if opened or before is None:
        return held
    return Held(use=held.use or before.use, time=held.time or before.time)


def held_lines(records: Records, numbers: Ints, before: str) -> pa.Array:
    """Return, per record, the last line of ``numbers`` (a field of ``records``) up to it."""
    opening = np.searchsorted(records.openings, records.query)
    latest = np.maximum.accumulate(np.where(numbers >= 0, np.arange(len(numbers)), -1))
    current = (latest >= 0) & (opening[latest] == opening)
    held = records.lines(numbers).take(pa.array(latest, mask=~current))
    since_before = (latest < 0) & (opening == 0)
    if before and since_before.any():
        held = pc.if_else(pa.array(since_before), before, held)
    return held


def databases(records: Records, before: str) -> pa.DictionaryArray:
    """Return the databases that ``use`` lines name."""
    lines = held_lines(records, records.use, before).dictionary_encode()
    names = [_name(line) for line in lines.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(lines.indices, pa.array(names, pa.string()))


def _behind(data: bytes) -> tuple[Held, bool]:
    """Return what holds behind ``data``, and whether the log was opened in it."""
    text, _ = to_utf8(data)
    records = find_records(text, short=b"# User@Host: " not in text)
    if not len(records.query):
        return Held(), bool(len(records.openings))
    use, time = (_last(records, numbers) for numbers in (records.use, records.time))
    return Held(use=use, time=time), bool(len(records.openings))


def _last(records: Records, numbers: Ints) -> str:
    last = int(numbers.max())
    if last < 0 or (len(records.openings) and last < records.openings[-1]):
        return ""
    line: str = records.lines(np.array([last]))[0].as_py()
    return line


def _name(line: str) -> str:
    """Return ``shop`` of ``use shop;`` or, as MariaDB quotes it, of ``use `shop`;``."""
    name = line[len("use ") :].removesuffix(";")
    if len(name) > 1 and name[0] == name[-1] == "`":
        return name[1:-1].replace("``", "`")
    return name
