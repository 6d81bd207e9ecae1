"""The tables behind the figure of a pool: who holds, the state over time, the single waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses.pools import holders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.pools.contention import State
    from perfkit.analyses.pools.holders import Holder
    from perfkit.analyses.pools.starvation import Figures
    from perfkit.analyses.pools.usage import Usage

    Look = tuple[Usage, State, Figures, list[Holder]]

__all__ = ["tables"]

_NUMBERS = {"state": ("in_use", "waiting", "size"), "waits": ("wait_ms", "hold_ms")}


def tables(looks: Sequence[Look]) -> dict[str, pa.Table]:
    """Return ``stacks``, ``state`` and ``waits`` of several pools."""
    stacks = [holders.table(usage, found) for usage, _, _, found in looks]
    state = [(usage.pool, _state(course, figures.size)) for usage, course, figures, _ in looks]
    waits = [(usage.pool, _waits(usage)) for usage, *_ in looks]
    return {
        "stacks": pa.concat_tables([holders.SCHEMA.empty_table(), *stacks]),
        "state": _joined("state", state),
        "waits": _joined("waits", waits),
    }


def _state(course: State, size: float) -> list[Any]:
    return [course.at, course.in_use, course.waiting, np.full(course.at.size, size)]


def _waits(usage: Usage) -> list[Any]:
    kept = ~np.isnan(usage.checkouts.requested)
    columns = (usage.checkouts.requested, usage.checkouts.wait_ms, usage.checkouts.hold_ms)
    return [column[kept] for column in columns]


def _joined(name: str, parts: Sequence[tuple[str, list[Any]]]) -> pa.Table:
    moment = pa.timestamp("ns", "UTC")
    numbers = [(number, pa.float64()) for number in _NUMBERS[name]]
    schema = pa.schema([("pool", pa.string()), ("at", moment), *numbers])
    blocks = [
        pa.table(
            [pa.array([pool] * len(at), pa.string()), pa.array(at.astype(np.int64)).cast(moment)]
            + [pa.array(values) for values in rest],
            schema=schema,
        )
        for pool, (at, *rest) in parts
    ]
    return pa.concat_tables([schema.empty_table(), *blocks])
