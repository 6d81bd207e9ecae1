"""One report of ``sar``, read line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from perfkit.clock import time_zone
from perfkit.formats.metrics.readings import Quantity
from perfkit.formats.metrics.sysstat_columns import LABELS, quantities, value_of
from perfkit.formats.metrics.sysstat_dates import DOUBTFUL, Day, read_day
from perfkit.formats.times import zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.metrics.readings import Account

__all__ = ["BEGIN", "Report"]

#: The kernel's release, the host, the date, the machine and its CPUs.
BEGIN = re.compile(
    r"Linux [^\s()]+ \(([^)\n]{0,255})\)\s{1,9}(\S.{0,40}?)\s{1,9}_[^\s_]\S{0,40}_\s{1,9}"
    r"\((\d{1,6}) CPUs?\)"
)
_TIME = re.compile(r"(\d{1,2})[:.](\d\d)[:.](\d\d)(?:\s?([AaPp])\.?\s?[Mm]\.?(?=\s))?\s+(\S.*)")
#: A restart, whatever the locale calls it, and a comment (``sadc -C``).
_PASSING = re.compile(r"LINUX RESTART|COM(\s|$)|.*\(\d+ CPUs?\)\s*$")
#: ``Average:``, ``Durchschn.:``, ``Moyenne :``, whatever the locale calls it.
_AVERAGE = re.compile(r"[^\W\d][\w.]*\s?:\s")
_DAY, _HALF = 86_400, 43_200  # seconds
_MIDDAY = 12
_LEAP = 60  # no minute, but a second of that number
_NUMBER = re.compile(r"[0-9.,]+[%BkMGTP]?")

UNDATED = Note(
    kind="no_times",
    message="sar's first line, which has the date, is missing or has none that is known: these "
    "readings have no times; write them with S_TIME_FORMAT=ISO sar ...",
)


@dataclass
class _Clock:
    """The day of a section, and the last time in it (seconds of the day)."""

    day: int
    last: int

    def at(self, seconds: int) -> int:
        """Return seconds since the year 1; falling by half a day and more is midnight."""
        if self.last - seconds > _HALF:
            self.day += 1
        self.last = seconds
        return self.day * _DAY + seconds


class Report:
    """Takes the lines of a report."""

    def __init__(self, account: Account, zone: str | None) -> None:
        """Begin without a date: lines before a report's first line have no time."""
        self._account, self._zone = account, zone
        self._where = time_zone(zone) if zone else UTC
        self._host: str | None = None
        self._date = ""
        self._day: Day | None = None
        self._first: tuple[int, bytes, Quantity] | None = None
        self._columns: tuple[str, ...] = ()
        self._clocks: dict[tuple[str, ...], _Clock] = {}

    def begin(self, line: int, text: str, found: re.Match[str]) -> None:
        """Take the first line; its number of CPUs is told when the first time is known."""
        self._host, self._date = found[1] or None, found[2]
        self._first = (line, text.encode(), Quantity("cpu.cores", float(found[3]), "1"))

    def take(self, line: int, text: str) -> None:
        """Take any other line."""
        found = _TIME.match(text)
        if found is None:
            self._other(line, text)
        elif _PASSING.match(found[5]):
            self._account.irrelevant += 1
        elif any(map(_NUMBER.fullmatch, found[5].split())):
            self._row(line, text, found)
        else:
            self._account.irrelevant += 1
            self._columns = tuple(found[5].split())
            self._at(found)

    def end(self) -> list[Note]:
        """Account for a first line behind which nothing came; say what is doubtful."""
        self._account.irrelevant += self._first is not None
        if not self._clocks:
            return [UNDATED] if self._columns else []
        doubtful = self._day is not None and self._day.doubtful
        return [zone_note(self._zone), *[DOUBTFUL] * doubtful]

    def _other(self, line: int, text: str) -> None:
        if text.strip() and not _AVERAGE.match(text):
            self._account.reject(line, "it is no line of sar", text.encode())
        else:
            self._account.irrelevant += 1

    def _row(self, line: int, text: str, found: re.Match[str]) -> None:
        told = self._told(found[5].split())
        if not told:
            reason = "its values are not those of the header" if self._columns else "no header"
            self._account.reject(line, reason, text.encode())
            return
        at = self._at(found)
        if self._first:
            first, raw, cores = self._first
            self._first = None
            self._account.take(first, raw, at, self._host, [cores])
        self._account.take(line, text.encode(), at, self._host, told)

    def _told(self, cells: list[str]) -> list[Quantity]:
        """Return what a row says; a label in the last column may have blanks in it."""
        columns = self._columns
        if columns and columns[-1] in LABELS:
            cells = [*cells[: len(columns) - 1], " ".join(cells[len(columns) - 1 :])]
        if not columns or len(cells) != len(columns) or not all(cells):
            return []
        pairs = list(zip(columns, cells, strict=True))
        label = next((cell for name, cell in pairs if name in LABELS), "")
        values = {
            name: value
            for name, cell in pairs
            if name not in LABELS and (value := value_of(name, cell)) is not None
        }
        return quantities(columns, values, label)

    def _at(self, found: re.Match[str]) -> int | None:
        """Return when a line was written, in ns since 1970 UTC."""
        hour, minute, second = (int(found[group]) for group in (1, 2, 3))
        if found[4]:
            hour = hour % _MIDDAY + _MIDDAY * (found[4] in "Pp")
        if self._day is None:
            self._day = read_day(self._date, twelve_hours=bool(found[4]))
        if self._day is None or hour >= 2 * _MIDDAY or max(minute, second) > _LEAP:
            return None
        seconds = hour * 3600 + minute * 60 + second
        clock = self._clocks.setdefault(self._columns, _Clock(self._day.number, seconds))
        return self._ns(clock.at(seconds))

    def _ns(self, seconds: int) -> int | None:
        days, rest = divmod(seconds, _DAY)
        try:
            naive = datetime.fromordinal(days) + timedelta(seconds=rest)
            passed = naive.replace(tzinfo=self._where) - datetime(1970, 1, 1, tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        ns = (passed.days * _DAY + passed.seconds) * 1_000_000_000
        return ns if abs(ns) < 1 << 63 else None
