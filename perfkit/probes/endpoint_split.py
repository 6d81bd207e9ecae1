"""Divide a request's time among classes so that they add up to all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.probes.endpoint_recorder import Interval, Kind, Recorder

__all__ = ["CLASSES", "split"]

#: In the order of the table.
CLASSES = (
    "database",
    "external HTTP",
    "Python (CPU)",
    "blocking the event loop",
    "blocked in a worker thread",
    "waiting for a CPU",
    "waiting",
)

Stretch = tuple[int, int]


def split(recorder: Recorder) -> dict[str, float]:
    """Return the milliseconds of each class of :data:`CLASSES`; they sum to the wall time.

    Every instant has one label: SQL before calls of other services, these before running
    Python, what is left was waiting (a lock, a sleep, a pool, a queue). Running Python is
    divided by the thread's CPU time and the time it was ready but had no CPU; the rest of
    it blocked, and on the event loop nobody else ran meanwhile.
    """
    whole = (recorder.started, recorder.ended)
    taken: list[Stretch] = []
    spent: dict[Kind, float] = {}
    for kind in ("database", "external", "loop", "thread"):
        mine = _minus(_merged(_clipped(recorder.of(kind), whole)), taken)
        spent[kind] = float(_length(mine))
        taken = _merged([*taken, *mine])
    inner = sum(_part(one, whole) * one.cpu for one in _leaves(recorder))
    loop_cpu, loop_delay, inner = _running(recorder, "loop", spent["loop"], inner)
    thread_cpu, thread_delay, _ = _running(recorder, "thread", spent["thread"], inner)
    values = (
        spent["database"],
        spent["external"],
        loop_cpu + thread_cpu,
        spent["loop"] - loop_cpu - loop_delay,
        spent["thread"] - thread_cpu - thread_delay,
        loop_delay + thread_delay,
        float(whole[1] - whole[0] - _length(taken)),
    )
    return {name: ns / 1e6 for name, ns in zip(CLASSES, values, strict=True)}


def _running(
    recorder: Recorder, kind: Kind, spent: float, inner: float
) -> tuple[float, float, float]:
    """Return CPU time and delay within ``spent``, and the CPU time of leaves not yet seen.

    The CPU time of SQL and calls (``inner``) is part of the carriers' and belongs to them.
    """
    whole = (recorder.started, recorder.ended)
    carriers = recorder.of(kind)
    total = sum(_part(one, whole) * one.cpu for one in carriers)
    within = sum(
        _part(leaf, whole) * leaf.cpu for leaf in _leaves(recorder) if _carried(leaf, carriers)
    )
    within = min(within, inner)
    cpu = min(max(total - within, 0.0), spent)
    delay = min(sum(_part(one, whole) * one.delay for one in carriers), spent - cpu)
    return cpu, delay, inner - within


def _leaves(recorder: Recorder) -> list[Interval]:
    return [*recorder.of("database"), *recorder.of("external")]


def _carried(leaf: Interval, carriers: Iterable[Interval]) -> bool:
    """Say whether the leaf began in one of these carriers."""
    return any(one.start <= leaf.start <= one.end for one in carriers)


def _part(one: Interval, whole: Stretch) -> float:
    """Return the share of the interval that lies within the request."""
    length = one.end - one.start
    return (min(one.end, whole[1]) - max(one.start, whole[0])) / length if length > 0 else 0.0


def _clipped(intervals: Iterable[Interval], whole: Stretch) -> list[Stretch]:
    cut = ((max(one.start, whole[0]), min(one.end, whole[1])) for one in intervals)
    return [(start, end) for start, end in cut if end > start]


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _minus(stretches: Iterable[Stretch], taken: list[Stretch]) -> list[Stretch]:
    """Return what of sorted ``stretches`` lies outside sorted ``taken``."""
    found: list[Stretch] = []
    for start, end in stretches:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                found.append((at, low))
            at = high
        if at < end:
            found.append((at, end))
    return found


def _length(stretches: Iterable[Stretch]) -> int:
    return sum(end - start for start, end in stretches)
