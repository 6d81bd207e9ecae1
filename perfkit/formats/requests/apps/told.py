"""What the lines of an application's log tell: tables, which lines told it, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.requests.apps.event_rows import events
from perfkit.formats.requests.apps.matching import LINE_KINDS, matched
from perfkit.formats.requests.apps.request_rows import requests
from perfkit.formats.times import zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.apps.line_kinds import LineKind
    from perfkit.formats.requests.apps.matching import Matched

__all__ = ["Told", "joined", "told"]

_LOOP_THRESHOLD = Note(
    kind="threshold",
    message="asyncio logs only what blocked the event loop longer than "
    "loop.slow_callback_duration (0.1 s unless set): absence tells nothing of less",
)


@dataclass(frozen=True)
class Told:
    """Tables (sorted by ``line``), and ``rows``: the places of the texts that told them.

    ``without_duration`` and ``untimed`` name the kinds of requests whose lines have no duration,
    no time.
    """

    tables: dict[str, pa.Table]
    rows: Ints
    naive: bool
    without_duration: tuple[str, ...]
    untimed: tuple[str, ...]

    def notes(self, zone: str | None) -> list[Note]:
        """Say what the lines do not tell, and how times without a zone were read."""
        notes = [zone_note(zone)] if self.naive else []
        notes += [_no_duration(name) for name in self.without_duration]
        notes += [_no_time(name) for name in self.untimed]
        kinds = self.tables["events"]["kind"] if "events" in self.tables else pa.array([""])
        blocked = pc.any(pc.equal(kinds.cast(pa.string()), "blocked_loop")).as_py()
        return notes + [_LOOP_THRESHOLD] * bool(blocked)


def told(texts: pa.Array, zone: str | None, kinds: Sequence[LineKind] = LINE_KINDS) -> Told:
    """Return what lines tell; times without a zone are of ``zone``, ``line`` counts texts from 1.

    Args:
        texts: lines without line ends and colours.
        zone: the user's time zone.
        kinds: the kinds of lines to look for.
    """
    parts: dict[str, list[pa.Table]] = {}
    found = matched(texts, kinds)
    naive = False
    untimed = []
    for lines in found:
        some, bare = _rows(lines, zone)
        naive |= bare
        for name, table in some:
            parts.setdefault(name, []).append(table)
            if name == "requests" and table["started_at"].null_count:
                untimed.append(lines.kind.name)
    rows = [np.zeros(0, np.int64), *(lines.rows for lines in found)]
    return Told(
        tables={name: _in_order(tables.concat(some, name)) for name, some in parts.items()},
        rows=np.sort(np.concatenate(rows)),
        naive=naive,
        without_duration=tuple(one.kind.name for one in found if not one.kind.has_duration),
        untimed=tuple(untimed),
    )


def joined(parts: Sequence[Mapping[str, pa.Table]]) -> dict[str, pa.Table]:
    """Return the tables of several parts put together, in the order of their lines."""
    names = dict.fromkeys(name for part in parts for name in part)
    whole = {
        name: tables.concat([part[name] for part in parts if name in part], name) for name in names
    }
    return {name: _in_order(table) for name, table in whole.items() if table.num_rows}


def _in_order(table: pa.Table) -> pa.Table:
    lines = table["line"].to_numpy()
    return table if bool(np.all(lines[1:] >= lines[:-1])) else table.sort_by("line")


def _rows(lines: Matched, zone: str | None) -> tuple[list[tuple[str, pa.Table]], bool]:
    if lines.kind.event:
        return events(lines, zone)
    table, naive = requests(lines, zone)
    return [("requests", table)], naive


def _no_duration(name: str) -> Note:
    return Note(
        kind="duration_unknown",
        message=f"{name} logs no duration of its requests: they count, and how long they took is "
        "unknown",
    )


def _no_time(name: str) -> Note:
    return Note(
        kind="times_unknown",
        message=f"{name}'s lines have no time of their own: let the logging format write one",
    )
