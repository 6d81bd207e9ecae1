"""Whose an event is: its thread, and the lane on which it nests.

Events with a duration, and those that begin and end, nest on their thread. Asynchronous ones
nest with those of equal category and id, wherever they run (``id2.local``: in their process);
the older kind (S, F) with those of equal name and id. A thread without a name in ``tid`` is the
process' main thread; without a ``pid`` the process is 0.
Source: the Trace Event Format document, and Perfetto's JSON importer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.chrome_events import Event
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["ASYNCHRONOUS", "Lane", "Lanes", "Thread", "identity_of", "lanes_of", "threads_of"]

Thread = tuple[str, str]
Lane = tuple[str, str, str, str]

#: Phases of asynchronous events that begin or end something.
_NESTABLE = frozenset("be")
ASYNCHRONOUS = b"beSF"

_ids = msgspec.json.Decoder(dict[str, int | str | float])


class Lanes(NamedTuple):
    """Threads as (pid, tid), asynchronous lanes as (kind, name, id, pid), and each event's.

    ``lane`` is that of its thread, or -1 less the number of its asynchronous lane.
    """

    threads: list[Thread]
    others: list[Lane]
    thread: Ints
    lane: Ints


def lanes_of(events: Sequence[Event], asynchronous: Ints) -> Lanes:
    """Number the threads and the lanes of events; the places of ``asynchronous`` ones are given."""
    threads, thread = threads_of(events)
    lane = thread.copy()
    others: dict[Lane, int] = {}
    for place in asynchronous.tolist():
        event = events[place]
        identity, local = identity_of(event)
        nests = event.ph[:1] in _NESTABLE
        group = (event.cat if nests else event.name) or ""
        pid = threads[thread[place]][0] if local else ""
        key = ("nestable" if nests else "legacy", group, identity, pid)
        lane[place] = -1 - others.setdefault(key, len(others))
    return Lanes(threads, list(others), thread, lane)


def identity_of(event: Event) -> tuple[str, bool]:
    """Return the id of an asynchronous event ("": none), and whether it is its process' own."""
    if event.id is not None and event.id != "":
        return str(event.id), False
    try:
        ids = _ids.decode(event.id2)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", False
    identity = ids.get("global", "")
    return (str(identity), False) if identity != "" else (str(ids.get("local", "")), True)


def threads_of(events: Sequence[Event]) -> tuple[list[Thread], Ints]:
    """Return the threads as (pid, tid), and the number of each event's."""
    pids = _texts([event.pid for event in events])
    tids = _texts([event.tid for event in events])
    pid, tid = pids.dictionary_encode("encode"), tids.dictionary_encode("encode")
    width = len(tid.dictionary) + 1
    pair = pa.array(_numbers(pid) * width + _numbers(tid)).dictionary_encode()
    processes, names = pid.dictionary.to_pylist(), tid.dictionary.to_pylist()
    threads = []
    for number in pair.dictionary.to_pylist():
        process, name = processes[number // width], names[number % width]
        owner = "0" if process is None else str(process)
        threads.append((owner, owner if name is None else str(name)))
    return threads, _numbers(pair)


def _numbers(encoded: pa.DictionaryArray) -> Ints:
    numbers: Ints = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _texts(values: list[Any]) -> pa.Array:
    """Return numbers as they are, when all are; else texts."""
    try:
        return pa.array(values, pa.int64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: str | float) -> str:
    """Return 1.0 as 1, which it is among numbers."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
