"""A table somebody exported, whatever it looks like -> its columns and its rows.

CSV with any usual delimiter, COPY's tab-separated text, psql's aligned, bordered, unaligned and
expanded output, a JSON array (``json_agg``) and JSON lines.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.text import without_halves

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Grid", "Row", "read_grid"]

_RULE = re.compile(r"[-+ ]*-\+?-[-+ ]*")
_EXPANDED = re.compile(r"[-+]*\[ ?RECORD [0-9]{1,9} ?\][-+]*")
_FOOTER = re.compile(r"\([0-9]{1,9} rows?\)|Time: .*")
_COPY_ESCAPE = re.compile(r"\\(.)")
_COPY_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_decode = json.JSONDecoder().raw_decode
_BLANK = re.compile(r"[\s,]*")
_CUT = "it is cut off, or has another number of columns"


class Row(NamedTuple):
    """One row: the number of its record (1 is the first of the file) and its values by column."""

    number: int
    values: dict[str, Any]


@dataclass
class Grid:
    """Rows, rejected records as (number, reason, text), and how many records there are."""

    rows: list[Row] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    records: int = 0

    def add(self, names: list[str], values: list[Any], shown: str) -> None:
        """Take one record with these values."""
        self.records += 1
        if len(values) == len(names):
            self.rows.append(Row(self.records, dict(zip(names, values, strict=True))))
        else:
            self.bad.append((self.records, _CUT, shown))


def read_grid(text: str) -> Grid:
    """Read a table; of something else the result has no rows."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip()[:1] in {"[", "{"}:
        return _from_json(text)
    if _EXPANDED.match(first.strip()):
        return _from_expanded(lines)
    rules = [row for row, line in enumerate(lines[:8]) if _RULE.fullmatch(line.strip())]
    if rules and any("|" in line for line in lines[:8]):
        return _from_aligned(lines)
    return _from_delimited(text, first)


def _from_json(text: str) -> Grid:
    grid, text = Grid(), without_halves(text)
    at = len(text) - len(text.lstrip())
    at += text.startswith("[", at)
    while True:
        found = _BLANK.match(text, at)
        at = found.end() if found else at
        if text[at : at + 1] in {"", "]"}:
            return grid
        grid.records += 1
        try:
            value, end = _decode(text, at)
        except (ValueError, RecursionError):
            grid.bad.append((grid.records, "it is not JSON, or cut off", text[at : at + 500]))
            return grid
        if isinstance(value, dict):
            grid.rows.append(Row(grid.records, value))
        else:
            grid.bad.append((grid.records, "it is no object", text[at:end][:500]))
        at = end


def _from_delimited(text: str, first: str) -> Grid:
    """Read CSV, COPY's text or unaligned output; the first record names the columns."""
    delimiter = max(",\t;|", key=first.count)
    if delimiter == "|" and '"' not in first:
        return _from_unaligned(text)
    grid = Grid()
    names: list[str] = []
    for values in _records(text, delimiter):
        if values is None:
            grid.add([*names, ""], [], _CUT)
        elif not any(value.strip() for value in values):
            continue
        elif names:
            shown = delimiter.join(values)[:500]
            grid.add(names, [_of_copy(value, delimiter) for value in values], shown)
        else:
            names = [value.strip() for value in values]
            grid.records += 1
    return grid


def _records(text: str, delimiter: str) -> Iterator[list[str] | None]:
    """Yield the fields of each record; None for the rest when a quote in it has no end."""
    plain = f"[^{delimiter}\\n]*"
    quoted = f'"[^"]*(?:""[^"]*)*"|(?:[^"{delimiter}\\n]{plain})?'
    value = plain if delimiter == "\t" else quoted
    find = re.compile(f"({value})({re.escape(delimiter)}|\n|$)").match
    at, fields, size = 0, list[str](), len(text)
    while at < size or fields:
        found = find(text, at)
        if found is None:
            yield None
            return
        at = found.end()
        fields.append(_unquoted(found[1]))
        if found[2] != delimiter:
            yield fields
            fields = []


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1].replace('""', '"') if quoted else value


def _from_unaligned(text: str) -> Grid:
    """Read ``psql -A``: nothing is quoted, so that a text goes on until all columns are there."""
    grid = Grid()
    names: list[str] = []
    open_lines: list[str] = []
    bars = 0
    for line in text.split("\n"):
        if not names and line.strip():
            names = [name.strip() for name in line.split("|")]
            grid.records += 1
            continue
        if not open_lines and (not line.strip() or _FOOTER.fullmatch(line.strip())):
            continue
        open_lines.append(line)
        bars += line.count("|")
        if bars >= len(names) - 1:
            whole = "\n".join(open_lines)
            grid.add(names, whole.split("|"), whole[:500])
            open_lines, bars = [], 0
    if open_lines:
        grid.add([*names, ""], [], "\n".join(open_lines)[:500])
    return grid


def _of_copy(value: str, delimiter: str) -> str | None:
    """Undo COPY's escapes, which only its tab-separated text has."""
    if delimiter != "\t":
        return value
    if value == r"\N":
        return None
    return _COPY_ESCAPE.sub(lambda found: _COPY_LETTERS.get(found[1], found[1]), value)


def _from_aligned(lines: list[str]) -> Grid:
    """Read psql's tables; a ``+`` at the end of a cell says that its text goes on below."""
    grid = Grid()
    names: list[str] = []
    open_cells: list[str] = []
    for line in lines:
        if not line.strip() or _RULE.fullmatch(line.strip()) or _FOOTER.fullmatch(line.strip()):
            continue
        cells = _cells(line)
        if not names:
            names = [cell.strip() for cell in cells]
            grid.records += 1
            continue
        open_cells = _joined(open_cells, cells) if open_cells else cells
        if len(cells) != len(names) or not any(cell.endswith("+") for cell in cells):
            grid.add(names, [cell.strip() for cell in open_cells], line[:500])
            open_cells = []
    if open_cells:
        grid.add(names, [], "|".join(open_cells)[:500])
    return grid


def _cells(line: str) -> list[str]:
    inner = line.strip()
    if inner.startswith("|") and inner.endswith("|") and len(inner) > 1:
        line = inner[1:-1]
    return [cell.rstrip() for cell in line.split("|")]


def _joined(before: list[str], cells: list[str]) -> list[str]:
    if len(before) != len(cells):
        return cells
    return [
        f"{old.removesuffix('+').rstrip()}\n{new.strip()}" if new.strip() else old
        for old, new in zip(before, cells, strict=True)
    ]


def _from_expanded(lines: list[str]) -> Grid:
    r"""Read ``\x`` output: a line a column, records set apart by ``-[ RECORD 1 ]-``."""
    grid = Grid()
    values: dict[str, str] = {}
    last = ""
    for line in [*lines, "-[ RECORD 0 ]-"]:
        if _EXPANDED.match(line.strip()):
            if values:
                grid.records += 1
                grid.rows.append(Row(grid.records, values))
            values, last = {}, ""
            continue
        name, bar, value = line.partition("|")
        if name.strip() and bar:
            last = name.strip()
            values[last] = value.strip().removesuffix("+").rstrip()
        elif bar and last:
            values[last] += "\n" + value.strip().removesuffix("+").rstrip()
    return grid
