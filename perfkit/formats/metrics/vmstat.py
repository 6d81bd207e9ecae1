"""``vmstat`` with a delay, narrow or wide (``-w``), with times (``-t``) or without.

Columns are found by the names in the header, which is repeated for every screen. The first line
of a run tells averages since boot: it is irrelevant. Where a header comes behind fewer lines than
a screen has, another run begins (``vmstat 1 2 >> file``). Of a run with ``-y`` one line is lost.

Memory is read as KiB, which is what vmstat prints unless ``-S`` asks for another unit: its output
does not say. Shares of CPU become shares of 1; ``cpu.utilisation`` is what is neither idle nor
waiting for I/O.

Checked: vmstat(8) and output of procps-ng 4.0.2, without a terminal and in files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.metrics.readings import Account, Quantity, number
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FORMAT"]

_HEADER = re.compile(rb"^[ \t]*r[ \t]+b[ \t]+swpd[ \t]+free[ \t].*$", re.MULTILINE)
_GROUPS = re.compile(r"\s*-*procs-*\s+-+memory-+\s")
_TIME = re.compile(
    r"(?<!\S)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\s+([A-Za-z]{1,5}|[+-]\d{2,4}))?\s*$"
)
#: Without a terminal a header follows so many readings (24 rows less 3); with one it differs.
_SCREEN = 21
#: No screen is smaller: a header behind fewer readings begins a run.
_SMALLEST = 10
_KIB = 1024
_BYTES = {"swpd", "free", "buff", "cache", "inact", "active"}
_RATES = {"si", "so", "bi", "bo"}
_EVENTS = {"in", "cs"}
_SHARES = {"us", "sy", "id", "wa", "st", "gu"}
_UTC = {"UTC", "GMT", "Z", "+0000", "+00"}
KIB = Note(
    kind="unit_inferred",
    message="vmstat does not say the unit of its memory columns: they are read as KiB, which is "
    "wrong for vmstat -S k, m or M",
)
UNTIMED = Note(
    kind="no_times",
    message="vmstat without -t writes no times: its readings cannot be laid beside anything else",
)


class _State(NamedTuple):
    """Which header holds, how many readings were behind it, and behind the one before."""

    columns: tuple[str, ...] = ()
    zone: str = ""
    readings: int = 0
    before: int = 0
    since_boot: bool = True

    def header(self, columns: tuple[str, ...], zone: str) -> _State:
        """Return what holds behind a header."""
        repeated = self.readings == _SCREEN or (
            self.readings >= _SMALLEST and self.readings == self.before
        )
        return _State(columns, zone, 0, self.readings, since_boot=not repeated)

    def reading(self) -> _State:
        """Return what holds behind a reading."""
        return self._replace(readings=self.readings + 1, since_boot=False)


def recognises(head: bytes) -> Recognition:
    """Recognise the names of the columns."""
    found = _HEADER.search(head)
    sure = found is not None and {b"us", b"sy", b"id"} <= {*found[0].split()}
    return Recognition(confidence=0.97 if sure else 0.0, reason="the columns of vmstat")


def holds(data: bytes, before: _State | None) -> _State:
    """Return what holds behind ``data`` (``Format.holds``)."""
    state = before or _State()
    begin = 0
    for found in _HEADER.finditer(data):
        state = _counted(state, data[begin : found.start()])
        state = state.header(*_columns(found[0].decode("latin-1")))
        begin = found.end()
    return _counted(state, data[begin:])


def _counted(state: _State, data: bytes) -> _State:
    """Count the readings in lines that hold no header."""
    count = len(_READING.findall(data)) if state.columns else 0
    boot = state.since_boot and not count
    return state._replace(readings=state.readings + count, since_boot=boot)


_READING = re.compile(rb"^[ \t]*\d+[ \t]+\d+[ \t]+\d+[ \t]", re.MULTILINE)


def _columns(line: str) -> tuple[tuple[str, ...], str]:
    """Return the names of the columns, and the time zone behind them."""
    names = line.split()
    known = [name for name in names if name.islower()]
    return tuple(known), "" if len(known) == len(names) else names[-1]


def parse(chunk: Chunk) -> Parsed:
    """Parse lines, each a reading of everything."""
    data, notes = to_utf8(chunk.data)
    lines = data.decode().split("\n")[: count_lines(data)]
    account = Account(lines=len(lines))
    rows = list(_rows(account, lines, chunk.before or _State()))
    times = read_times([at for *_, at in rows], chunk.zone)
    ns = times.array.cast("int64").to_pylist()
    for (line, raw, quantities, _), at in zip(rows, ns, strict=True):
        account.take(line, raw, at, None, quantities)
    known = [at is not None for at in ns]
    notes += [KIB] * bool(rows) + [UNTIMED] * (not all(known))
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive])


def _rows(
    account: Account, lines: Sequence[str], state: _State
) -> Iterator[tuple[int, bytes, list[Quantity], str | None]]:
    """Yield line number, bytes, quantities and time of every reading; account for the others."""
    for line, text in enumerate(lines, start=1):
        raw = text.encode()
        if _HEADER.match(raw):
            state = state.header(*_columns(text))
        elif _READING.match(raw) and state.columns:
            since_boot, state = state.since_boot, state.reading()
            found = None if since_boot else _read(text, state)
            if found is not None:
                yield line, raw, *found
                continue
            if not since_boot:
                account.reject(line, "its values are not those of the header", raw)
                continue
        elif text.strip() and not _GROUPS.match(text):
            account.reject(line, "it is no line of vmstat", raw)
            continue
        account.irrelevant += 1


def _read(text: str, state: _State) -> tuple[list[Quantity], str | None] | None:
    """Return what a line says, and its time with what is known of the zone."""
    at, found = None, _TIME.search(text)
    if found:
        text, zone = text[: found.start()], found[2] or state.zone
        at = f"{found[1]}+00:00" if zone in _UTC else found[1]
    values = [number(value) for value in text.split()]
    told = dict(zip(state.columns, values, strict=False))
    if len(values) != len(state.columns) or None in values:
        return None
    return list(_quantities({k: v for k, v in told.items() if v is not None})), at


def _quantities(values: dict[str, float]) -> Iterator[Quantity]:
    for name, value in values.items():
        yield _quantity(f"vmstat.{name}", name, value)
    if "id" in values:
        idle = values["id"] + values.get("wa", 0.0)
        yield Quantity("cpu.utilisation", (100 - min(idle, 100.0)) / 100, "1")


def _quantity(full: str, name: str, value: float) -> Quantity:
    if name in _BYTES:
        return Quantity(full, value * _KIB, "bytes")
    if name in _RATES:
        return Quantity(full, value * _KIB, "bytes/s")
    if name in _SHARES:
        return Quantity(full, value / 100, "1")
    return Quantity(full, value, "1/s" if name in _EVENTS else "1")


FORMAT = Format(
    name="vmstat",
    title="vmstat (text)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    holds=holds,
)
