"""What logging frameworks write before a message: time, thread, process, trace id.

Nothing is known of the format: the time is found wherever it stands
(``2026-11-21 11:00:00,123``, ``[21/Nov/2026 11:00:00]``, ``11:00:00.123``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.clock import time_zone
from perfkit.formats.orm.log_lines import groups
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.recording import Note

__all__ = ["AFTER_NAME", "NO_TIME", "Prefixes", "shapes", "threads"]

#: Stands for an unknown time.
NO_TIME = int(np.iinfo(np.int64).min)

_TIME = (
    r"(?:(?P<day>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4})[T: ])?"
    r"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?"
    r"(?: ?(?P<zone>Z\b|UTC\b|[+-][0-9]{2}:?[0-9]{2}\b))?"
)
_NAMELESS_TIME = re.sub(r"\?P<[a-z]+>", "?:", _TIME)
_LEVELS = r"\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|debug|info|warn|error)\b"
#: RE2: what may stand between a logger's name and its message: level, time, process, place.
AFTER_NAME = (
    rf"(?:\s-\s|[\s:|>\])}}]|{_LEVELS}|{_NAMELESS_TIME}|\[?[A-Za-z_]+\.py\b|\[?[0-9]+\b"
    r"|\[?(?:MainThread|Thread-[0-9]+(?: \([^)]*\))?|ThreadPoolExecutor-[0-9_]+|asyncio_[0-9]+)\b"
    r"|\[(?:MainProcess|Process-[0-9]+)\b|_log_info\b|_execute_context\b)*"
)
_THREAD = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|MainThread|AnyIO worker thread"
    r"|[A-Za-z][\w.]*(?:-[\w.]+)*-[0-9]+(?:[-_][0-9]+)*"
    r"|asyncio_[0-9]+|\b[0-9a-f]{16,32}\b"
    r"|(?<=\[)[0-9]+(?=\])|(?<![0-9.:,])[0-9]{4,20}(?![0-9.:,])"
)
_TRACE = (
    r"trace_?[iI]d[=: ]*(?P<trace>[0-9a-f]{32})\b"
    r"(?:.*?span_?[iI]d[=: ]*(?P<span>[0-9a-f]{16})\b)?"
)
#: Nanoseconds to the years 1716 and 2223: durations may still be subtracted.
_FARTHEST = 8 * 10**18
#: No prefix is longer; a line may be.
_LONGEST = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Prefixes:
    """What the texts before messages say.

    ``ns`` is UTC since 1970 (a time of day without a day: since midnight), or :data:`NO_TIME`.
    ``fine``: the times have fractions of a second. ``dated``: they name the day.
    """

    ns: Ints
    dated: np.ndarray[tuple[int], np.dtype[np.bool_]]
    fine: np.ndarray[tuple[int], np.dtype[np.bool_]]
    naive: bool
    texts: pa.Array

    @classmethod
    def read(cls, texts: pa.Array, zone: str | None) -> Prefixes:
        """Read the first time in each text; times without a zone are of ``zone``."""
        found = groups(texts, _TIME)
        day, clock = found["day"], found["clock"]
        seconds = pc.binary_join_element_wise(
            pc.coalesce(day, ""), clock, pc.coalesce(found["zone"], ""), " "
        ).dictionary_encode()
        where = time_zone(zone) if zone else UTC
        known = [_second(text, where) for text in seconds.dictionary.to_pylist()]
        table = np.array([*(ns for ns, _ in known), NO_TIME], np.int64)
        codes = seconds.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
        ns = table[codes]
        fraction = pc.utf8_rpad(pc.coalesce(found["fraction"], "0"), 9, "0").cast(pa.int64())
        ns = np.where(ns == NO_TIME, ns, ns + fraction.to_numpy(zero_copy_only=False))
        return cls(
            ns=ns,
            dated=_filled(day) & (ns != NO_TIME),
            fine=_filled(found["fraction"]),
            naive=any(naive for _, naive in known),
            texts=texts,
        )

    def started(self, ms: pa.Array | None = None) -> pa.Array:
        """Return the times as Arrow, less the durations of what had ended by then."""
        before = np.zeros(len(self.ns)) if ms is None else _zeroed(ms) * 1e6
        ns = np.where(self.dated, self.ns, 0) - before.astype(np.int64)
        return pa.array(ns, mask=~self.dated).cast(pa.timestamp("ns", "UTC"))

    def notes(self, zone: str | None) -> list[Note]:
        """Say how times without a zone were read."""
        return [zone_note(zone)] if self.naive else []

    def sessions(self) -> pa.Array:
        """Return the thread, process or request that a prefix names, null when it names none."""
        return threads(self.texts)

    def traces(self) -> dict[str, pa.Array]:
        """Return trace and span ids, as OpenTelemetry's logging integration writes them."""
        found = groups(self.texts, _TRACE)
        return {"trace_id": found["trace"], "span_id": _null_if_empty(found["span"])}


def threads(texts: pa.Array) -> pa.Array:
    """Return what in each prefix names a thread, a process or a request, joined by blanks."""
    short = pc.utf8_slice_codeunits(texts, 0, _LONGEST)
    bare = pc.replace_substring_regex(short, _NAMELESS_TIME, " ").dictionary_encode()
    names = [" ".join(_THREAD.findall(text)) or None for text in bare.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(bare.indices)


def shapes(texts: pa.Array) -> pa.Array:
    """Return prefixes with every number as 0 and every level alike: one handler, one shape."""
    bare = pc.replace_substring_regex(texts, "[0-9]+", "0")
    return pc.replace_substring_regex(bare, _LEVELS + " *", "L ")


def _filled(texts: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(pc.not_equal(pc.coalesce(texts, ""), "").to_numpy(zero_copy_only=False))


def _null_if_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _zeroed(ms: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(pc.coalesce(ms.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False))


def _second(text: str, where: tzinfo) -> tuple[int, bool]:
    """Return a second ("day clock zone", day and zone may be empty), and whether naive."""
    day, clock, zone = text.split(" ")
    try:
        moment = _moment(day, clock)
        offset = UTC if zone in {"Z", "UTC"} or not day else time_zone(zone) if zone else where
        passed = moment.replace(tzinfo=offset) - _EPOCH
    except (ValueError, OverflowError):
        return NO_TIME, False
    if not day:
        zone = "none is needed"
    ns = passed // timedelta(seconds=1) * 1_000_000_000
    return (ns if abs(ns) < _FARTHEST else NO_TIME), not zone


def _moment(day: str, clock: str) -> datetime:
    if not day:
        return datetime.fromisoformat(f"1970-01-01T{clock}")
    if day[:4].isdigit():
        return datetime.fromisoformat(f"{day.replace('/', '-')}T{clock}")
    return datetime.strptime(f"{day} {clock}", "%d/%b/%Y %H:%M:%S")  # noqa: DTZ007 - the zone follows
