"""Exports that come newest first, turned round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.ingest.envelopes.model import NO_TIME, Ints

if TYPE_CHECKING:
    from perfkit.ingest.envelopes.rows import Rows

__all__ = ["oldest_first"]


def oldest_first(rows: Rows, record: Ints) -> Rows | None:
    """Turn the records of streams round whose times descend; None: there are none.

    ``record`` tells which rows are lines of one record; these keep their order.
    """
    order = np.argsort(rows.stream, kind="stable")
    borders = np.flatnonzero(np.diff(rows.stream[order])) + 1
    parts = np.split(order, borders) if len(rows) else []
    descends = [_descends(rows.at[part]) for part in parts]
    if not any(descends):
        return None
    turned = [
        part[np.argsort(-record[part], kind="stable")] if falls else part
        for part, falls in zip(parts, descends, strict=True)
    ]
    return rows.take(np.concatenate(turned))


def _descends(at: Ints) -> bool:
    known = at[at != NO_TIME]
    return len(known) > 1 and bool(known[0] > known[-1]) and bool(np.sign(np.diff(known)).sum() < 0)
