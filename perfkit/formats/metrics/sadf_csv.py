"""``sadf -d``: sysstat's files for databases, fields between semicolons.

Each section begins with ``# hostname;interval;timestamp;CPU;%user;...``. Times are UTC and say so,
local with ``-t`` or ``-T`` (no zone), or seconds since 1970 with ``-U``. Restarts and comments have
an interval of -1. A header that stands for several rows (``%idle[...]`` of ``sadf -d -h``) is not
read: leave out ``-h``.

Checked: sadf(1), sadf.c, rndr_stats.c of sysstat, output of 12.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.metrics.readings import Account
from perfkit.formats.metrics.sysstat_columns import ALL, LABELS, quantities, value_of
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.metrics.readings import Quantity

__all__ = ["FORMAT"]

_HEADER = re.compile(rb"^# hostname;interval;timestamp;.*$", re.MULTILINE)
_PASSING = re.compile(r"LINUX-RESTART|COM(\s|;|$)")
_KEYS = 3  # host, interval, time
_REPEATED = "[...]"

_Row = tuple[int, bytes, str, str, list["Quantity"]]


def recognises(head: bytes) -> Recognition:
    """Recognise a header."""
    sure = _HEADER.search(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="a header of sadf -d")


def holds(data: bytes, before: str | None) -> str | None:
    """Return the last header (``Format.holds``)."""
    last = data.rfind(b"# hostname;interval;")
    found = _HEADER.match(data, last) if last == 0 or data[last - 1 : last] == b"\n" else None
    return found[0].decode("utf-8", "replace") if found else before


def parse(chunk: Chunk) -> Parsed:
    """Parse lines."""
    data, notes = to_utf8(chunk.data)
    lines = data.decode().split("\n")[: count_lines(data)]
    account = Account(lines=len(lines))
    rows = list(_rows(account, lines, chunk.before or ""))
    times = read_times([at.replace(" UTC", "+00:00") for *_, at, _ in rows], chunk.zone)
    ns = times.array.cast("int64").to_pylist()
    for (line, raw, host, _, told), at in zip(rows, ns, strict=True):
        account.take(line, raw, at, host or None, told)
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive])


def _rows(account: Account, lines: list[str], header: str) -> Iterator[_Row]:
    for line, text in enumerate(lines, start=1):
        raw = text.encode()
        cells = text.rstrip("\r").split(";")
        if _HEADER.match(raw):
            header = text
        elif text.strip() and not (len(cells) > _KEYS and _PASSING.match(cells[_KEYS])):
            told = _told(header.rstrip("\r").split(";"), cells)
            if told:
                yield line, raw, cells[0], cells[2], told
            else:
                repeated = _REPEATED in header
                reason = "a header with [...]" if repeated else "its values are not the header's"
                account.reject(line, reason, raw)
            continue
        account.irrelevant += 1


def _told(columns: list[str], cells: list[str]) -> list[Quantity]:
    if len(columns) != len(cells) or any(_REPEATED in name for name in columns):
        return []
    pairs = list(zip(columns[_KEYS:], cells[_KEYS:], strict=True))
    label = next((cell for name, cell in pairs if name in LABELS), "")
    values = {
        name: value
        for name, cell in pairs
        if name not in LABELS and (value := value_of(name, cell)) is not None
    }
    whole = "CPU" in columns and label == "-1"
    return quantities(columns, values, ALL if whole else label)


FORMAT = Format(
    name="sadf-csv",
    title="sadf -d (sysstat, CSV)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    holds=holds,
)
