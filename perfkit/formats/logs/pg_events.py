"""PostgreSQL log records that are events: errors, lock waits, checkpoints, temporary files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import Ints, segments

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Records

__all__ = ["read_events"]


class Rule(NamedTuple):
    """An event: its kind, and an RE2 pattern whose groups are its values.

    Groups: ``ms``, ``s``, ``hms`` (h:mm:ss) -> duration_ms; ``bytes``; ``user``; ``database``.
    """

    kind: str
    pattern: str


_VACUUM = r"(?:to prevent wraparound )?(?:of|for) table (?:.*elapsed:? (?P<s>[0-9.]+) s)?"
_WHO = r".*?user=(?P<user>\S+)(?: database=(?P<database>\S+))?"
LOG_RULES = (
    Rule(
        "lock_wait",
        r"^process [0-9]+ (?:still waiting for|acquired|avoided deadlock for|"
        r"detected deadlock while waiting for) .* after (?P<ms>[0-9.]+) ms",
    ),
    Rule("temp_file", r"^temporary file: path .*, size (?P<bytes>[0-9]+)"),
    Rule("checkpoint", r"^(?:check|restart)point complete:(?:.* total=(?P<s>[0-9.]+) s)?"),
    Rule("checkpoint_frequent", r"^checkpoints are occurring too frequently"),
    Rule("autovacuum", rf"^automatic (?:aggressive )?vacuum {_VACUUM}"),
    Rule("autoanalyze", rf"^automatic analyze {_VACUUM}"),
    Rule("connection", rf"^(?:replication )?connection authorized:{_WHO}"),
    Rule("disconnection", rf"^disconnection: session time: (?P<hms>[0-9]+:[0-9:.]+){_WHO}"),
)
ERROR_RULES = (Rule("deadlock", "^deadlock detected"), Rule("error", ""))


def read_events(records: Records, logs: Ints, errors: Ints) -> tuple[pa.Table, Ints]:
    """Return the events among the records, and which records they are."""
    found = [*_matches(records, logs, LOG_RULES), *_matches(records, errors, ERROR_RULES)]
    if not found:
        return tables.empty("events"), np.zeros(0, np.int64)
    rows = np.concatenate([match.rows for match in found])
    order = np.argsort(rows, kind="stable")
    names = ("kind", "message", "duration_ms", "bytes", "user", "database")
    columns = {
        name: pa.concat_arrays([getattr(match, name) for match in found]).take(order)
        for name in names
    }
    rows = rows[order]
    columns["user"] = pc.coalesce(columns["user"], records.field("user", rows))
    columns["database"] = pc.coalesce(columns["database"], records.field("database", rows))
    return _table(records, rows, columns), rows


class _Match(NamedTuple):
    rows: Ints
    kind: pa.Array
    message: pa.Array
    duration_ms: pa.Array
    bytes: pa.Array
    user: pa.Array
    database: pa.Array


def _matches(records: Records, rows: Ints, rules: tuple[Rule, ...]) -> list[_Match]:
    found = []
    messages = records.messages(rows)
    for rule in rules:
        pattern = f"(?s){rule.pattern}"
        here = pc.match_substring_regex(messages, pattern)
        mask = here.to_numpy(zero_copy_only=False)
        if mask.any():
            found.append(_match(rule, rows[mask], messages.filter(here)))
            rows, messages = rows[~mask], messages.filter(pc.invert(here))
    return found


def _match(rule: Rule, rows: Ints, messages: pa.Array) -> _Match:
    groups: dict[str, pa.Array] = {}
    if "?P<" in rule.pattern:
        struct = pc.extract_regex(messages, f"(?s){rule.pattern}")
        groups = dict(zip(struct.type.names, struct.flatten(), strict=True))
    nothing = pa.nulls(len(rows), pa.string())
    return _Match(
        rows=rows,
        kind=pa.repeat(pa.scalar(rule.kind), len(rows)),
        message=messages,
        duration_ms=_duration(groups, len(rows)),
        bytes=_numbers(groups.get("bytes", nothing)).cast(pa.int64(), safe=False),
        user=_known(groups.get("user", nothing)),
        database=_known(groups.get("database", nothing)),
    )


def _known(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(texts, pa.array(["", "[unknown]"])), None, texts)


def _numbers(texts: pa.Array) -> pa.Array:
    well_formed = pc.match_substring_regex(texts, r"^[0-9]{1,15}(?:\.[0-9]+)?$")
    return pc.if_else(well_formed, texts, None).cast(pa.float64())


def _duration(groups: dict[str, pa.Array], count: int) -> pa.Array:
    if "ms" in groups:
        return _numbers(groups["ms"])
    if "s" in groups:
        return pc.multiply(_numbers(groups["s"]), 1000.0)
    if "hms" in groups:
        return pa.array([_from_clock(text) for text in groups["hms"].to_pylist()], pa.float64())
    return pa.nulls(count, pa.float64())


def _from_clock(text: str) -> float | None:
    """Return the milliseconds of ``h:mm:ss.mmm``."""
    try:
        hours, minutes, seconds = text.split(":")
        return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000, 3)
    except ValueError:
        return None


def _table(records: Records, rows: Ints, columns: dict[str, pa.Array]) -> pa.Table:
    return tables.from_columns(
        "events",
        columns
        | {
            "at": records.times(rows),
            "session_id": records.session(rows),
            "sqlstate": records.field("sqlstate", rows),
            "line": records.line[rows],
            "attributes": _raw(records, rows),
        },
    )


def _raw(records: Records, rows: Ints) -> pa.Array:
    """Return the bytes of each message with the DETAIL, HINT, CONTEXT, STATEMENT behind it."""
    main = np.flatnonzero(records.owner == np.arange(len(records.key)))
    ends = np.append(records.start[main[1:]], len(records.data))
    place = np.searchsorted(main, rows)
    return segments(records.data, records.start[rows], ends[place]).cast(pa.binary())
