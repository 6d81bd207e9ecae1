"""What the events of a chunk tell about others: threads, lanes, begins, ends and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.traces.chrome_lanes import ASYNCHRONOUS, Lane, Thread, lanes_of, threads_of

if TYPE_CHECKING:
    from collections import Counter

    from perfkit.formats.traces.chrome_events import Events
    from perfkit.formats.traces.chrome_times import Ints
    from perfkit.keep import Keep

__all__ = ["Carry", "Marked", "names_of", "placed"]

_named = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str | int | float)


class Marked(NamedTuple):
    """Begins and ends of a chunk in the order of the file.

    ``row`` is the span of a begin, -1 for ends; ``args`` are those of ends. ``lane`` counts as
    :class:`.Lanes` does.
    """

    row: Ints
    lane: Ints
    time: Ints
    name: pa.Array
    cat: pa.Array
    args: pa.Array


class Carry(NamedTuple):
    """What :mod:`.chrome_whole` needs to know of a chunk beside its spans.

    Attributes:
        request_rows: which span each request is.
        query_rows: which span each query is.
        threads: (pid, tid) by number.
        lanes: asynchronous lanes by number.
        thread: the thread of each span.
        lane: the lane of each span.
        marked: what began or ended without saying how long it took.
        names: names of threads, and of processes as (pid, "").
        met: how many events of each phase are no spans.
        file: 16 digits made of the beginning of the file.
        base_ns: what the file says its times are relative to, in nanoseconds since 1970.
        cut_off: the file ends within an event.
        keep: which rows are wanted.
    """

    request_rows: Ints
    query_rows: Ints
    threads: list[Thread]
    lanes: list[Lane]
    thread: Ints
    lane: Ints
    marked: Marked
    names: dict[Thread, str]
    met: Counter[str]
    file: str
    base_ns: int | None
    cut_off: bool
    keep: Keep


def placed(events: Events, is_span: Any) -> dict[str, Any]:
    """Return where spans and ends are: what :class:`Carry` says of threads, lanes and marks."""
    asynchronous = np.flatnonzero(np.isin(events.phase, list(ASYNCHRONOUS)))
    lanes = lanes_of(events.items, asynchronous)
    row = np.where(is_span, np.cumsum(is_span) - 1, -1)
    marks = events.phase != ord("X")
    return {
        "threads": lanes.threads,
        "lanes": lanes.others,
        "thread": lanes.thread[is_span],
        "lane": lanes.lane[is_span],
        "marked": _marked(events.some(marks), lanes.lane[marks], row[marks]),
    }


def _marked(events: Events, lane: Ints, row: Ints) -> Marked:
    args = [
        bytes(event.args) or None if span < 0 else None
        for event, span in zip(events.items, row.tolist(), strict=True)
    ]
    return Marked(
        row=row,
        lane=lane,
        time=events.ts,
        name=pa.array([event.name or None for event in events.items], pa.string()),
        cat=pa.array([event.cat or None for event in events.items], pa.string()),
        args=pa.array(args, pa.binary()),
    )


def names_of(events: Events) -> dict[Thread, str]:
    """Return the names that metadata events give to threads, and to processes: (pid, "")."""
    threads, number = threads_of(events.items)
    found: dict[Thread, str] = {}
    for event, place in zip(events.items, number.tolist(), strict=True):
        thread = threads[place]
        if event.name == "process_name":
            thread = (thread[0], "")
        elif event.name != "thread_name":
            continue
        name = _name(event.args)
        if name:
            found[thread] = name
    return found


def _name(args: msgspec.Raw) -> str:
    try:
        return str(_text.decode(_named.decode(args).get("name", b'""')))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
