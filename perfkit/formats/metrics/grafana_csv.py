"""Grafana's "Series joined by time", as CSV (Inspect, Data, Download CSV).

``"Time","{__name__=""up"", instance=""a:9100""}","..."`` and rows of a time (ms since 1970, or as
the panel formats it, which names no zone) and one value per series. Columns whose legend is a
text of the panel's own have that as their name. A first line ``sep=,`` (for Excel) is irrelevant.
A value with ``%`` is a share; other formatted values are not read: switch "Formatted data" off.

Checked: exports shown in the manuals of programs that read them; Grafana describes them nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.formats.lines import count_lines, cut_csv
from perfkit.formats.metrics.readings import Account, Quantity, number
from perfkit.formats.metrics.series import Series, series
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.formats.traces.flat_csv import read_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMAT"]

_SEPARATOR = re.compile(rb'\A(?:\xef\xbb\xbf)?"?sep=[,;\t]"?\r?\n')
_LABEL = re.compile(r'(?<!\w)([A-Za-z_]\w*+)\s*+=\s*"((?:[^"\\]|\\.)*)"')
_SERIES = re.compile(r'([A-Za-z_:][\w:.]*)?\s*\{\s*[A-Za-z_]\w*\s*=\s*".*\}')
_ESCAPE = re.compile(r"\\(.)")
_TIME = re.compile(r"\d{12,14}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*")


def recognises(head: bytes) -> Recognition:
    """Recognise a column of times, and names of series with labels behind it."""
    names = _names(head)
    sure = names[:1] == ["Time"] and any(_SERIES.fullmatch(name) for name in names[1:])
    return Recognition(confidence=0.97 if sure else 0.0, reason="Grafana's series by time")


def _names(head: bytes) -> list[str]:
    data = _SEPARATOR.sub(b"", head, count=1)
    first = next(read_lines(data.decode("utf-8", "replace").removeprefix("\ufeff"), ","), None)
    return [cell.strip() for cell in first.fields or ()] if first else []


def parse(chunk: Chunk) -> Parsed:
    """Parse rows, each a time."""
    known = [_named(name) for name in _names(chunk.head or chunk.data)[1:]]
    data, notes = to_utf8(chunk.data)
    account = Account(lines=count_lines(data))
    rows = []
    for line in read_lines(data.decode().removeprefix("\ufeff"), ","):
        raw = line.text.removesuffix("\n").encode()
        cells = [cell.strip() for cell in line.fields or ()]
        if len(cells) == len(known) + 1 and _TIME.fullmatch(cells[0]):
            rows.append((line.number, raw, cells))
        elif not raw.strip() or cells[:1] == ["Time"] or _SEPARATOR.match(raw + b"\n"):
            account.irrelevant += line.lines
        else:
            for place in range(line.lines):
                account.reject(line.number + place, "it is no time and a value per series", raw)
    times = read_times([cells[0] for *_, cells in rows], chunk.zone)
    for (number_of_line, raw, cells), at in zip(
        rows, times.array.cast("int64").to_pylist(), strict=True
    ):
        _take(account, (number_of_line, raw, at), known, cells[1:])
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive])


def _take(
    account: Account, row: tuple[int, bytes, int | None], known: Sequence[Series], cells: list[str]
) -> None:
    line, raw, at = row
    told = [(one, found) for one, cell in zip(known, cells, strict=True) if (found := _value(cell))]
    account.irrelevant += not told
    for one, (value, share) in told:
        quantity = Quantity(one.name, value, "1" if share else one.unit)
        account.take(line, raw, at, one.host, [quantity])


def _value(cell: str) -> tuple[float, bool] | None:
    """Return a value, and whether it is a share; None where it is no number."""
    found, share = number(cell.removesuffix("%")), cell.endswith("%")
    return None if found is None else (found / 100 if share else found, share)


def _named(name: str) -> Series:
    """Return what the name of a column says."""
    found = _SERIES.fullmatch(name)
    if not found:
        return series({"__name__": name})
    labels = {key: _ESCAPE.sub(r"\1", value) for key, value in _LABEL.findall(name)}
    return series({"__name__": found[1] or "", **labels})


FORMAT = Format(
    name="grafana-csv",
    title="Grafana series (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
)
