"""Events beside the statements, counted by what they are about: one row each, and per minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.event_details import details
from perfkit.fingerprint import fingerprint_many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["LIMIT", "Happened"]

#: Rows (kind and what it is about) that are kept; the rarest are joined to one per kind.
LIMIT = 5000
#: Records of one kind that are taken apart; the others are counted without what they are about.
_DECODED = 200_000
_OTHERS = "(others)"
_ROWS = pa.schema(
    [
        ("kind", pa.string()),
        ("what", pa.string()),
        ("sqlstate", pa.string()),
        ("fingerprint_id", pa.string()),
        ("fingerprint", pa.string()),
        ("count", pa.int64()),
        ("total_ms", pa.float64()),
        ("max_ms", pa.float64()),
        ("total_bytes", pa.int64()),
        ("max_bytes", pa.int64()),
        ("first_at", pa.timestamp("ns", "UTC")),
        ("last_at", pa.timestamp("ns", "UTC")),
    ]
)
_KEYS = ("kind", "what", "sqlstate", "fingerprint_id", "fingerprint")
_HOW = {"count": "sum", "total_ms": "sum", "max_ms": "max", "total_bytes": "sum"}
_HOW |= {"max_bytes": "max", "first_at": "min", "last_at": "max"}
_MINUTES = pa.schema(
    [("kind", pa.string()), ("minute", pa.timestamp("ns", "UTC")), ("count", pa.int64())]
)
#: Numbers, quoted names and hexadecimal ids make messages of one kind differ.
_VALUES = r"\"[^\"]{0,500}\"|'[^']{0,500}'|\b[0-9a-fA-F]{8,}\b|[0-9][0-9.:]*"


@dataclass(frozen=True, kw_only=True)
class Happened:
    """``rows`` by kind and what it is about (see ``_ROWS``), ``minutes`` by kind and minute."""

    rows: pa.Table
    minutes: pa.Table

    @classmethod
    def of(cls, events: pa.Table | None) -> Happened:
        """Count events by kind and by what ``attributes`` says of them."""
        if events is None or not events.num_rows:
            return cls(rows=_ROWS.empty_table(), minutes=_MINUTES.empty_table())
        kinds = events["kind"].cast(pa.string())
        parts = [
            _counted(events.filter(pc.equal(kinds, kind)), kind)
            for kind in sorted(pc.unique(kinds.drop_null()).to_pylist())
        ]
        return cls.merged([cls(rows=rows, minutes=minutes) for rows, minutes in parts])

    @classmethod
    def merged(cls, parts: Sequence[Happened]) -> Happened:
        """Add counts up."""
        rows = _added(pa.concat_tables([_ROWS.empty_table(), *(p.rows for p in parts)]))
        if rows.num_rows > LIMIT:
            rows = _added(pa.concat_tables([rows[:LIMIT], _anonymous(rows[LIMIT:])]))
        minutes = pa.concat_tables([_MINUTES.empty_table(), *(p.minutes for p in parts)])
        summed = minutes.group_by(["kind", "minute"], use_threads=False)
        minutes = summed.aggregate([("count", "sum")]).rename_columns(["kind", "minute", "count"])
        keys = [("kind", "ascending"), ("minute", "ascending")]
        return cls(rows=rows, minutes=minutes.sort_by(keys).cast(_MINUTES))

    def of_kind(self, *kinds: str) -> pa.Table:
        """Return the rows of some kinds, the most frequent first."""
        return self.rows.filter(pc.is_in(self.rows["kind"], pa.array(kinds, pa.string())))

    def count(self, *kinds: str) -> int:
        """Return how many events of some kinds there were."""
        return int(pc.sum(self.of_kind(*kinds)["count"]).as_py() or 0)


def _added(rows: pa.Table) -> pa.Table:
    grouped = rows.group_by(list(_KEYS), use_threads=False).aggregate(list(_HOW.items()))
    names = {f"{name}_{how}": name for name, how in _HOW.items()}
    renamed = grouped.rename_columns([names.get(name, name) for name in grouped.column_names])
    ordered = [("count", "descending"), *((name, "ascending") for name in _KEYS)]
    return renamed.select(_ROWS.names).cast(_ROWS).sort_by(ordered)


def _anonymous(rows: pa.Table) -> pa.Table:
    texts = {"what": _OTHERS, "sqlstate": None, "fingerprint_id": None, "fingerprint": None}
    for name, text in texts.items():
        column = pa.array([text] * rows.num_rows, pa.string())
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows


def _counted(events: pa.Table, kind: str) -> tuple[pa.Table, pa.Table]:
    count = events.num_rows
    about = _ABOUT.get(kind, _of_message)(events, kind)
    statements = about.get("statement")
    if statements is not None:
        texts, ids = fingerprint_many(statements)
        about |= {"fingerprint": texts.cast(pa.string()), "fingerprint_id": ids.cast(pa.string())}
    nothing = pa.nulls(count, pa.string())
    columns: dict[str, Any] = {name: about.get(name, nothing) for name in _KEYS}
    columns |= {
        "kind": pa.array([kind] * count, pa.string()),
        "sqlstate": events["sqlstate"].cast(pa.string()),
        "count": pa.array([1] * count, pa.int64()),
        "total_ms": events["duration_ms"],
        "max_ms": events["duration_ms"],
        "total_bytes": events["bytes"],
        "max_bytes": events["bytes"],
        "first_at": events["at"],
        "last_at": events["at"],
    }
    rows = pa.table([columns[name] for name in _ROWS.names], schema=_ROWS)
    minute = pc.floor_temporal(events["at"].drop_null(), unit="minute")
    counts = pc.value_counts(minute.combine_chunks())
    per_minute = {"minute": counts.field("values"), "count": counts.field("counts")}
    kinds = pa.array([kind] * len(counts), pa.string())
    return _added(rows), pa.table({"kind": kinds, **per_minute}).cast(_MINUTES)


About = dict[str, pa.Array]


def _of_message(events: pa.Table, _: str) -> About:
    """Return the message without its values: it stands for all that differ in these alone."""
    message = pc.utf8_slice_codeunits(events["message"], 0, 400)
    first = pc.list_element(pc.split_pattern(message, "\n", max_splits=1), 0)
    return {"what": pc.replace_substring_regex(first, _VALUES, "…").combine_chunks()}


def _of_failure(events: pa.Table, kind: str) -> About:
    found = _decoded(events, kind)
    return _of_message(events, kind) | {"statement": _texts(found, "statement")}


def _of_session(events: pa.Table, _: str) -> About:
    names = (events["user"].cast(pa.string()), events["database"].cast(pa.string()))
    user, database = (pc.fill_null(name, "?") for name in names)
    return {"what": pc.binary_join_element_wise(user, database, "@").combine_chunks()}


def _of_lock(events: pa.Table, kind: str) -> About:
    found = _decoded(events, kind)
    texts = [f"{row['mode']} on {row['target']}" if row.get("mode") else None for row in found]
    what = pc.replace_substring_regex(pa.array(texts, pa.string()), r"\([^)]*\)|[0-9]+", "…")
    return {"what": what, "statement": _texts(found, "statement")}


def _of_deadlock(events: pa.Table, kind: str) -> About:
    pairs = [[p["statement"] for p in row.get("processes", ())] for row in _decoded(events, kind)]
    statements = pa.array([text for pair in pairs for text in pair], pa.string())
    texts = fingerprint_many(statements)[0].cast(pa.string()).to_pylist() if pairs else []
    told, at = [], 0
    for pair in pairs:
        mine = {text or "statement unknown" for text in texts[at : at + len(pair)]}
        told.append(" / ".join(sorted(mine)) or None)
        at += len(pair)
    return {"what": pa.array(told, pa.string())}


def _of_checkpoint(events: pa.Table, kind: str) -> About:
    causes = [" ".join(row.get("cause") or ()) or None for row in _decoded(events, kind)]
    return {"what": pa.array(causes, pa.string())}


def _named(name: str) -> Callable[[pa.Table, str], About]:
    def about(events: pa.Table, kind: str) -> About:
        return {"what": _texts(_decoded(events, kind), name)}

    return about


def _of_statement(events: pa.Table, kind: str) -> About:
    return {"statement": _texts(_decoded(events, kind), "statement")}


def _of_cancelled(events: pa.Table, kind: str) -> About:
    found = _decoded(events, kind)
    return {"what": _texts(found, "cause"), "statement": _texts(found, "statement")}


def _decoded(events: pa.Table, kind: str) -> Sequence[Mapping[str, Any]]:
    raw = events["attributes"].slice(0, _DECODED).to_pylist()
    known = [details(kind, record) for record in raw]
    return [*known, *({} for _ in range(events.num_rows - len(raw)))]


def _texts(found: Sequence[Mapping[str, Any]], name: str) -> pa.Array:
    return pa.array([row.get(name) for row in found], pa.string())


_ABOUT: dict[str, Callable[[pa.Table, str], About]] = {
    "error": _of_failure,
    "cancelled": _of_cancelled,
    "connection": _of_session,
    "disconnection": _of_session,
    "lock_wait": _of_lock,
    "lock_failed": _of_lock,
    "deadlock": _of_deadlock,
    "temp_file": _of_statement,
    "checkpoint": lambda events, _: {"what": pa.nulls(events.num_rows, pa.string())},
    "checkpoint_starting": _of_checkpoint,
    "autovacuum": _named("table"),
    "autoanalyze": _named("table"),
}
