"""Hibernate's ``Session Metrics``: what a session spent on statements, caches, flushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.orm.log_lines import BEGINS_RECORD
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.statement_rows import durations

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.orm.log_lines import LogLines

__all__ = ["METRIC", "session_metrics"]

METRIC = (
    r"^\s+(?P<ns>[0-9]+) nanoseconds spent (?P<verb>[a-z]+) (?P<count>[0-9]+) "
    r"(?P<what>[A-Za-z0-9 -]+?)(?: \(.*\))?;?$"
)
_HEAD = r"^(?P<before>.*?)Session Metrics \{"


def session_metrics(log: LogLines, zone: str | None, but: str) -> tuple[pa.Table, Ints, Prefixes]:
    """Return two metrics per line (milliseconds, count), and the lines they are from.

    Lines that match ``but``, and others that a logging framework began, end the metrics.
    """
    heads, rows = log.matching(_HEAD), log.matching(METRIC)
    owner = np.searchsorted(heads, rows, side="right") - 1
    stops = log.matching(rf"{BEGINS_RECORD}|^\}}|{but}")
    began = np.searchsorted(stops, np.append(heads, log.count)[owner], side="right")
    known = (owner >= 0) & (began == np.searchsorted(stops, rows))
    rows, owner = rows[known], owner[known]
    prefixes = Prefixes.read(log.groups(heads, _HEAD)["before"], zone)
    found = log.groups(rows, METRIC)
    subject = pc.binary_join_element_wise(found["verb"], found["what"], " ")
    subject = pc.replace_substring_regex(pc.utf8_lower(subject), "[^a-z0-9]+", "_")
    at = prefixes.started().take(pa.array(owner))
    parts = [
        _metrics(subject, "time", "ms", durations(found["ns"], 1e-6)),
        _metrics(subject, "count", "1", durations(found["count"])),
    ]
    table = tables.concat(
        [
            tables.from_columns("metrics", {**part, "at": at, "line": pa.array(rows + 1)})
            for part in parts
        ],
        "metrics",
    )
    return table.sort_by("line"), np.union1d(heads[np.unique(owner)], rows), prefixes


def _metrics(subject: pa.Array, suffix: str, unit: str, value: pa.Array) -> dict[str, pa.Array]:
    return {
        "name": pc.binary_join_element_wise("hibernate.session", subject, suffix, "."),
        "value": value,
        "unit": pa.repeat(pa.scalar(unit), len(value)),
    }
