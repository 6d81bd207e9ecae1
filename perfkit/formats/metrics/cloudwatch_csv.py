"""What the CloudWatch console downloads of a graph of metrics, as CSV.

Rows of keys come first, one column per series (``Id``, ``StatusCode``, ``Messages``, ``Full
label``, ``Label``), then rows of a time and a value per series: ``2026/11/21 14:20:00,2.13``. A
series without a value at a time has an empty cell. Times name no zone.

AWS describes the file nowhere: this is what public programs read.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.metrics.cloudwatch_names import Meaning, meaning
from perfkit.formats.metrics.readings import Account, number
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.formats.traces.flat_csv import read_lines

__all__ = ["FORMAT"]

_KEYS = re.compile(rb'\A(?:\xef\xbb\xbf)?(?:(?!"?\d)[^\n]*\n)*?"?(?:Full label|Label)"?,')
_ROW = re.compile(rb'^"?\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d(?:Z|\.\d+Z?)?"?,', re.MULTILINE)
_TIME = re.compile(r"\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d(?:Z|\.\d+Z?)?")


def recognises(head: bytes) -> Recognition:
    """Recognise the rows of keys, and a row of values behind them."""
    sure = _KEYS.match(head) is not None and _ROW.search(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="CloudWatch's labels and values")


def parse(chunk: Chunk) -> Parsed:
    """Parse rows, each a time."""
    series = _series(chunk.head or chunk.data)
    data, notes = to_utf8(chunk.data)
    text = data.decode()
    account = Account(lines=count_lines(data))
    rows = []
    for line in read_lines(text.removeprefix("\ufeff"), ","):
        raw = line.text.removesuffix("\n").encode()
        cells = [cell.strip() for cell in line.fields or ()]
        if not cells or not _TIME.fullmatch(cells[0]):
            _other(account, line.number, line.lines, raw)
        elif len(cells) != len(series) + 1:
            account.reject(line.number, "it has another number of columns", raw)
        else:
            rows.append((line.number, raw, cells))
    times = read_times([cells[0].replace("/", "-") for *_, cells in rows], chunk.zone)
    for (number_of_line, raw, cells), at in zip(
        rows, times.array.cast("int64").to_pylist(), strict=True
    ):
        _take(account, (number_of_line, raw, at), series, cells[1:])
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive])


def _other(account: Account, line: int, count: int, raw: bytes) -> None:
    """Account for a row of keys, a blank line, or a row that begins with no time."""
    if raw.strip() and raw.lstrip(b'"')[:1].isdigit():
        for place in range(count):
            account.reject(line + place, "it does not begin with a time", raw)
    else:
        account.irrelevant += count


def _take(
    account: Account, row: tuple[int, bytes, int | None], series: list[Meaning], cells: list[str]
) -> None:
    values = [number(cell) for cell in cells]
    known = [(what, value) for what, value in zip(series, values, strict=True) if value is not None]
    line, raw, at = row
    account.irrelevant += not known
    for what, value in known:
        account.take(line, raw, at, what.host, [what.quantity(value)])


def _series(head: bytes) -> list[Meaning]:
    """Return what the columns behind the time are."""
    told: dict[str, list[str]] = {}
    for line in read_lines(head.decode("utf-8", "replace").removeprefix("\ufeff"), ","):
        cells = [cell.strip() for cell in line.fields or ()]
        if cells and _TIME.fullmatch(cells[0]):
            break
        if cells and cells[0]:
            told[cells[0]] = cells[1:]
    labels = told.get("Full label") or told.get("Label") or []
    statistics, units = (_details(told, ("Statistic", "Stat")), _details(told, ("Unit",)))
    return [
        meaning(label, _at(statistics, place), _at(units, place))
        for place, label in enumerate(labels)
    ]


def _details(told: dict[str, list[str]], keys: tuple[str, ...]) -> list[str]:
    return next((told[key] for key in keys if key in told), [])


def _at(values: list[str], place: int) -> str:
    return values[place] if place < len(values) else ""


FORMAT = Format(
    name="cloudwatch-metrics-csv",
    title="CloudWatch metrics (CSV of the console)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
