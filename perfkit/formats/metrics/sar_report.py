"""One report of ``sar``, read line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from perfkit.clock import time_zone
from perfkit.formats.metrics.readings import Account, Quantity
from perfkit.formats.metrics.sysstat_columns import LABELS, quantities, value_of
from perfkit.formats.metrics.sysstat_dates import DOUBTFUL, Day, read_day
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from perfkit.recording import Note

__all__ = ["BEGIN", "Report"]

#: The kernel's release, the host, the date, the machine and its CPUs.
BEGIN = re.compile(r"Linux [^\s()]+ \(([^)]*)\)\s+(\S.*?)\s+_[^\s_]\S*_\s+\((\d+) CPUs?\)")
_TIME = re.compile(
    r"(\d{1,2})[:.](\d\d)[:.](\d\d)(?:[ \u00a0\u202f]?([AaPp])\.?[ \u00a0\u202f]?[Mm]\.?(?=\s))?\s+(\S.*)"
)
_RESTART = re.compile(r"LINUX RESTART|\((\d+) CPUs?\)\s*$")
_COMMENT = re.compile(r"COM(\s|$)")
#: ``Average:``, ``Durchschn.:``, ``Moyenne :``, whatever the locale calls it.
_AVERAGE = re.compile(r"[^\W\d][\w.]*\s?:\s")
_DAY, _HALF = 86_400, 43_200
_MIDDAY = 12
_NUMBER = re.compile(r"[0-9.,]+[%BkMGTP]?")


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
        self.notes: list[Note] = []
        self._account, self._zone = account, zone
        self._where = time_zone(zone) if zone else UTC
        self._host: str | None = None
        self._date: tuple[str, Day | None] = ("", None)
        self._cores: tuple[int, str, int] | None = None
        self._columns: list[str] = []
        self._clocks: dict[tuple[str, ...], _Clock] = {}

    def begin(self, line: int, text: str, found: re.Match[str]) -> None:
        """Take the first line; its number of CPUs is told when the first time is known."""
        self._host = found[1] or None
        self._date = (found[2], read_day(found[2]))
        self._cores = (line, text, int(found[3]))

    def take(self, line: int, text: str) -> None:
        """Take a line."""
        found = _TIME.match(text)
        if found is None:
            self._other(line, text)
        elif _RESTART.search(found[5]):
            self._restart(line, text, found)
        elif _COMMENT.match(found[5]):
            self._account.irrelevant += 1
        elif not any(map(_NUMBER.fullmatch, found[5].split())):
            self._header(found)
        else:
            self._row(line, text, found)

    def end(self) -> None:
        """Account for a first line behind which nothing came."""
        self._account.irrelevant += self._cores is not None
        self._cores = None

    def _other(self, line: int, text: str) -> None:
        if text.strip() and not _AVERAGE.match(text):
            self._account.reject(line, "it is no line of sar", text.encode())
        else:
            self._account.irrelevant += 1

    def _header(self, found: re.Match[str]) -> None:
        self._account.irrelevant += 1
        self._columns = found[5].split()
        self._at(found)

    def _restart(self, line: int, text: str, found: re.Match[str]) -> None:
        cpus = re.search(r"\((\d+) CPU", found[5])
        self._columns = []
        self._clocks = {}
        cores = [Quantity("cpu.cores", float(cpus[1]), "1")] if cpus else []
        at = None
        self._account.take(line, text.encode(), at, self._host, cores if at else [])

    def _row(self, line: int, text: str, found: re.Match[str]) -> None:
        told = self._told(found[5].split())
        if not told:
            reason = "its values are not those of the header" if self._columns else "no header"
            self._account.reject(line, reason, text.encode())
            return
        at = self._at(found)
        if self._cores:
            first, raw, cores = self._cores
            self._cores = None
            quantity = Quantity("cpu.cores", float(cores), "1")
            self._account.take(first, raw.encode(), at, self._host, [quantity])
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
        day = self._day(twelve_hours=bool(found[4]))
        if day is None or hour * 60 + minute >= _DAY // 60:
            return None
        seconds = hour * 3600 + minute * 60 + second
        key = tuple(self._columns)
        clock = self._clocks.setdefault(key, _Clock(day.number, seconds))
        return self._ns(clock.at(seconds))

    def _day(self, *, twelve_hours: bool) -> Day | None:
        text, day = self._date
        if day is not None and day.doubtful:
            self.notes.append(DOUBTFUL)
            day = read_day(text, twelve_hours=twelve_hours)
            self._date = (text, day and day._replace(doubtful=False))
        return day

    def _ns(self, seconds: int) -> int | None:
        days, rest = divmod(seconds, _DAY)
        try:
            naive = datetime.combine(date.fromordinal(days), datetime.min.time())
            moment = (naive + timedelta(seconds=rest)).replace(tzinfo=self._where)
            passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        self.notes.append(zone_note(self._zone)) if zone_note(self._zone) not in self.notes else None
        ns = (passed.days * _DAY + passed.seconds) * 1_000_000_000
        return ns if abs(ns) < 1 << 63 else None
