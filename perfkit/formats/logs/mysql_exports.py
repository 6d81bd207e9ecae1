r"""Rows of a MySQL table as people export them: CSV, tab-separated (``mysql -B``), JSON.

CSV is read as clients write it (a quote within quotes is doubled) and as the server does
(``INTO OUTFILE``, the CSV engine: a backslash escapes). ``mysql -B`` escapes TAB, line end and
backslash, and prints NULL.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, line_starts
from perfkit.formats.logs.mysql_json import is_json, json_names, json_rows
from perfkit.formats.model import BadLine, kept

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Export", "columns_of", "read_export"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

_BACKSLASH_QUOTE = re.compile(rb'[^\\",\n]\\"[^",\r\n]')
#: Stands for a backslash that another one escapes.
_HIDDEN = b"\x01\x02"
_NULLS = ["NULL", "\\N"]
_QUOTE = ord('"')
_CUT = "it is cut off"
_UNEVEN = "it has another number of columns than the header"
_NO_TABLE = "it cannot be read as a table"
_NUMBER = r"^[0-9]{1,40}(?:\.[0-9]{1,20})?$"


@dataclass(frozen=True, kw_only=True)
class Export:
    """``columns`` by lower-cased name, all of them text.

    ``line`` is where each row begins, from 1, and ``size`` how many lines it has. ``lines``
    counts all lines (for JSON: records); ``irrelevant`` are the header and blank lines.
    """

    columns: dict[str, pa.Array]
    line: Ints
    size: Ints
    lines: int
    irrelevant: int = 0
    rejected: tuple[BadLine, ...] = ()
    rejected_lines: int = 0

    def without(self, bad: Ints, reason: str) -> Export:
        """Return the export with the rows ``bad`` rejected."""
        if not len(bad):
            return self
        lines = tuple(BadLine.of(int(self.line[row]), reason, b"") for row in bad.tolist())
        good = np.delete(np.arange(len(self.line)), bad)
        return replace(
            self,
            columns={name: values.take(pa.array(good)) for name, values in self.columns.items()},
            line=self.line[good],
            size=self.size[good],
            rejected=kept((*self.rejected, *lines)),
            rejected_lines=self.rejected_lines + int(self.size[bad].sum()),
        )

    def text(self, name: str) -> pa.Array:
        """Return a column; null where it is empty, and everywhere when there is none."""
        values = self.columns.get(name, pa.nulls(len(self.line), pa.string()))
        return pc.if_else(pc.equal(values, ""), None, values)

    def number(self, name: str) -> pa.Array:
        """Return a column as float64; what is no number is null."""
        text = pc.ascii_trim_whitespace(self.text(name))
        return pc.if_else(pc.match_substring_regex(text, _NUMBER), text, None).cast(pa.float64())

    def whole(self, name: str) -> pa.Array:
        """Return a column as int64; what is none is null."""
        values = self.number(name)
        return pc.if_else(pc.less(values, 2.0**62), values, None).cast(pa.int64(), safe=False)


def columns_of(head: bytes) -> tuple[str, ...]:
    """Return the lower-cased names of the columns that an export begins with."""
    if is_json(head):
        return json_names(head)
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return tuple(name.strip(' "\r').lower() for name in line.split(_delimiter(head)))


def read_export(
    data: bytes,
    head: bytes,
    names: Sequence[str] | None = None,
    *,
    first: bool,
    begins: Sequence[int] = (),
) -> Export:
    """Read rows; ``names`` are those of a table without a header, else ``head`` begins with it.

    ``data`` is valid UTF-8. ``begins`` are offsets of lines with which a row begins for sure: a
    quote that is open there was never closed.
    """
    if is_json(head):
        return _of_json(data)
    delimiter = _delimiter(head)
    quoted = delimiter != "\t"
    escaped = quoted and _BACKSLASH_QUOTE.search(head) is not None
    starts, cut_off = _record_starts(data, begins, quoted=quoted, escaped=escaped)
    known = names is not None
    options = {"delimiter": delimiter, "quote_char": '"' if quoted else False}
    return _read_rows(
        data,
        (starts, cut_off),
        _distinct(names if names is not None else columns_of(head)),
        options,
        escaped=escaped or not quoted,
        header=int(first and not known and len(starts) > 1 and not cut_off[0]),
    )


def _of_json(data: bytes) -> Export:
    columns, rejected, lines = json_rows(data)
    numbers = np.delete(np.arange(1, lines + 1), [bad.line - 1 for bad in rejected])
    return Export(
        columns=columns,
        line=numbers,
        size=np.ones(len(numbers), np.int64),
        lines=lines,
        rejected=kept(rejected),
        rejected_lines=len(rejected),
    )


def _delimiter(head: bytes) -> str:
    line = head.split(b"\n", 1)[0]
    return max((b",", b"\t", b";", b"|"), key=line.count).decode()


def _distinct(names: Sequence[str]) -> list[str]:
    return [name if name not in names[:n] else f"{name}#{n}" for n, name in enumerate(names)]


def _record_starts(
    data: bytes, begins: Sequence[int], *, quoted: bool, escaped: bool
) -> tuple[Ints, Flags]:
    """Return where records begin, and the end, and which of them end with an open quote."""
    starts = line_starts(data)
    if not quoted or b'"' not in data:
        return starts, np.zeros(len(starts) - 1, np.bool_)
    if escaped:
        data = data.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)
    sure = np.concatenate([[0], np.asarray(begins, np.int64)])
    since = sure[np.searchsorted(sure, starts, side="right") - 1]
    # a line end within quotes ends no record
    outside = (np.searchsorted(quotes, starts) - np.searchsorted(quotes, since)) % 2 == 0
    outside[[0, -1]] = True
    starts = starts[outside]
    return starts, np.diff(np.searchsorted(quotes, starts)) % 2 == 1


def _read_rows(
    data: bytes,
    records: tuple[Ints, Flags],
    names: list[str],
    options: dict[str, Any],
    *,
    escaped: bool,
    header: int,
) -> Export:
    starts, cut_off = records
    begin = np.searchsorted(line_starts(data), starts)  # the line of each record
    size = np.diff(begin)
    blank = (np.diff(starts) <= 1) & ~cut_off
    wanted = ~blank & ~cut_off
    wanted[:header] = False
    rows = np.flatnonzero(wanted)
    text = data[starts[header] :]
    if len(rows) != len(wanted) - header:
        text = b"".join(data[starts[row] : starts[row + 1]] for row in rows.tolist())
    columns, uneven = _parsed(text, names, options, len(rows), escaped=escaped)
    reasons = dict.fromkeys(np.flatnonzero(cut_off).tolist(), _CUT)
    reasons |= (
        dict.fromkeys(rows.tolist(), _NO_TABLE)
        if columns is None
        else dict.fromkeys(rows[uneven].tolist(), _UNEVEN)
    )
    rows = rows[:0] if columns is None else np.delete(rows, uneven)
    return Export(
        columns=columns or {},
        line=begin[rows] + 1,
        size=size[rows],
        lines=int(begin[-1]),
        irrelevant=int(size[:header].sum() + blank[header:].sum()),
        rejected=kept(
            BadLine.of(int(begin[row]) + 1, reason, data[starts[row] : starts[row + 1]])
            for row, reason in sorted(reasons.items())
        ),
        rejected_lines=int(size[list(reasons)].sum()) if reasons else 0,
    )


def _parsed(
    text: bytes, names: list[str], options: dict[str, Any], count: int, *, escaped: bool
) -> tuple[dict[str, pa.Array] | None, Ints]:
    """Return the columns (None: it is no table) and which rows of ``count`` are not in them."""
    hidden = escaped and b"\\" in text
    if hidden and options["quote_char"]:
        text = _unescaped(text)
    try:
        table, bad = _read_csv(text or b"\n", names, options)
    except pa.ArrowInvalid:
        return None, np.zeros(0, np.int64)
    if table.num_rows + len(bad) != count:  # a lone CR ends a row as well
        return None, bad
    return {name: _one(table[name], hidden=hidden) for name in table.column_names}, bad


def _read_csv(text: bytes, names: list[str], options: dict[str, Any]) -> tuple[pa.Table, Ints]:
    from pyarrow import csv

    bad: list[int] = []

    def skip(row: Any) -> str:
        bad.append(row.number - 1)
        return "skip"

    table = csv.read_csv(
        io.BytesIO(text),
        read_options=csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(text) + 2
        ),
        parse_options=csv.ParseOptions(
            newlines_in_values=True, invalid_row_handler=skip, **options
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=_NULLS,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table, np.array(bad, np.int64)


def _unescaped(text: bytes) -> bytes:
    """Return CSV whose quotes are doubled instead of escaped; backslashes are hidden."""
    text = text.replace(b"\\\\", _HIDDEN)
    for escape, meaning in ((b'\\"', b'""'), (b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\\n", b"\n")):
        text = text.replace(escape, meaning)
    return text.replace(b"\\0", b"")


def _one(column: pa.ChunkedArray, *, hidden: bool) -> pa.Array:
    texts = column.combine_chunks()
    if hidden:
        texts = pc.replace_substring(texts, "\\\\", _HIDDEN.decode())
        for escape, meaning in (("\\n", "\n"), ("\\t", "\t"), ("\\0", "")):
            texts = pc.replace_substring(texts, escape, meaning)
        texts = pc.replace_substring(texts, _HIDDEN.decode(), "\\")
    return texts
