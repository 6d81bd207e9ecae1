"""How often, and for how long, did each statement run between two moments?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.probes.statement_snapshot import DEALLOC, RESET, take
from perfkit.recording import Note, Recording, Source, as_recording
from perfkit.tasks.statement_interval import Difference, difference

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["interval", "snapshot"]

_WHERE = "snapshot"
#: What a single export could not know, and two of them can.
_ANSWERED = frozenset({"interval_unknown", "row_limit"})
_HINT = "before = perfkit.snapshot(engine); ...; after = perfkit.snapshot(engine)"


def snapshot(engine: Engine | str, *, timeout_s: float = 30.0) -> Recording:
    """Read pg_stat_statements of a PostgreSQL server: the totals of every statement until now.

    It runs in a READ ONLY transaction with time limits that is rolled back, and resets nothing.
    Two snapshots and :func:`interval` give what happened between them.

    Args:
        engine: a SQLAlchemy engine or a URL.
        timeout_s: after this many seconds the server cancels the reading.

    Returns:
        A Recording with ``statement_totals`` (times in ms), and in ``metrics`` how many entries
        the server has evicted and when it was reset (from PostgreSQL 14 on).

    Raises:
        UsageError: another database, or pg_stat_statements is not enabled.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: the server refused or cancelled the reading.

    Example:
        >>> before = snapshot("postgresql://localhost/shop")  # doctest: +SKIP
    """
    with (
        as_engine(_WHERE, engine) as ready,
        rolled_back(_WHERE, ready, timeout_s=timeout_s) as connection,
    ):
        title = identify(connection).title
        taken = take(_WHERE, connection)
    source = Source(
        name=title,
        format="pg_stat_statements",
        lines=taken.read,
        used=taken.statements.num_rows,
        rejected=len(taken.rejected),
        reason="as asked",
    )
    return Recording(
        contents={"statement_totals": taken.statements, "metrics": taken.metrics},
        inputs=(source,),
        rejects=taken.rejected,
        quality=taken.notes,
    )


def interval(before: Any, after: Any) -> Recording:
    """Return what statements did between two snapshots, or two exports that were loaded.

    Counters are subtracted per database, user, level and queryid; means and standard deviations
    are those of the interval. ``min_ms`` and ``max_ms`` are known where they are new ones. What
    was reset or evicted in between is named in ``quality``.

    Args:
        before: a Recording with ``statement_totals``, or that table.
        after: the same, later.

    Raises:
        UsageError: one of them holds no totals, or they are in the wrong order.

    Example:
        >>> perfkit.digest(interval(before, after))  # doctest: +SKIP
    """
    first, second = (as_recording(one, "statement_totals") for one in (before, after))
    for name, one in (("first", first), ("second", second)):
        if not one.arrow("statement_totals").num_rows:
            raise UsageError(f"interval: the {name} recording holds no totals", hint=_HINT)
    began, ended = _until(first), _until(second)
    if began is not None and ended is not None and ended <= began:
        raise UsageError(
            "interval: the second snapshot is not later than the first",
            hint="perfkit.interval(before, after)",
        )
    reset = _metric(first, RESET) != _metric(second, RESET)
    found = difference(_rows(first), _rows(second), was_reset=reset)
    evicted = (_metric(second, DEALLOC) or 0) > (_metric(first, DEALLOC) or 0)
    kept = [note for note in (*first.quality, *second.quality) if note.kind not in _ANSWERED]
    return Recording(
        contents={"statement_totals": _table(found.rows, began)},
        inputs=second.inputs,
        zone=second.zone,
    ).with_quality(*kept, *_notes(found, was_reset=reset, evicted=evicted))


def _rows(rec: Recording) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = rec.arrow("statement_totals").to_pylist()
    return rows


def _until(rec: Recording) -> Any:
    return pc.max(rec.arrow("statement_totals")["until"]).as_py()


def _metric(rec: Recording, name: str) -> float | None:
    metrics = rec.arrow("metrics")
    values = metrics.filter(pc.equal(metrics["name"].cast(pa.string()), name))["value"].to_pylist()
    return values[-1] if values else None


def _table(rows: list[dict[str, Any]], began: Any) -> pa.Table:
    """Return the rows as a table that begins where the first snapshot ended."""
    names = tables.schema("statement_totals").names
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in names}
    if began is not None:
        columns["since"] = pa.array([began] * len(rows), pa.timestamp("ns", "UTC"))
    typed = {
        field.name: pa.array(columns[field.name], _plain(field.type))
        for field in tables.schema("statement_totals")
    }
    return tables.from_columns("statement_totals", typed, rows=len(rows))


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _notes(found: Difference, *, was_reset: bool, evicted: bool) -> list[Note]:
    said: dict[str, str] = {}
    if was_reset:
        said["statistics_reset"] = (
            "pg_stat_statements was reset in between: totals are since the reset, "
            "and what was before it is missing"
        )
    elif found.reset:
        said["statistics_reset"] = (
            f"{found.reset:,} statements began anew in between: their totals are since then"
        )
    if evicted or (found.gone and not was_reset):
        said["evicted_statements"] = (
            f"{found.gone:,} statements are gone from the second snapshot, and entries were "
            "evicted: their executions in between are missing"
        )
    if found.without_extremes:
        said["extremes_unknown"] = (
            f"of {found.without_extremes:,} statements the longest execution was before the "
            "interval: max_ms is unknown"
        )
    if not found.matched:
        said["nothing_in_common"] = (
            "no statement is in both: totals of the second are shown as they are"
        )
    return [Note(kind=kind, message=message) for kind, message in said.items()]
