"""PostgreSQL log records that are events: errors, lock waits, checkpoints, temporary files."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.logs.pg_event_rules import ERROR_RULES, LOG_RULES, Rule, by_first_word
from perfkit.formats.logs.pg_event_states import derived_states

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Records

__all__ = ["read_events"]

#: Groups of a rule's pattern -> milliseconds; their sum is the duration.
_MILLISECONDS = {"ms": 1.0, "s": 1e3, "min": 60e3, "h": 3600e3}


def read_events(records: Records, logs: Ints, errors: Ints) -> tuple[pa.Table, Ints]:
    """Return the events among the records, and which records they are.

    ``logs`` are LOG and WARNING records that tell of no statement, ``errors`` are ERROR,
    FATAL and PANIC: each of those is an event. Where the log does not hold the SQLSTATE it is
    what the message alone determines.
    """
    found = [*_found(records, logs, LOG_RULES), *_found(records, errors, ERROR_RULES, "error")]
    if not found:
        return tables.empty("events"), np.zeros(0, np.int64)
    rows = np.concatenate([match.rows for match in found])
    order = np.argsort(rows, kind="stable")
    columns = {
        name: pa.concat_arrays([getattr(match, name) for match in found]).take(order)
        for name in _Match._fields[1:]
    }
    rows = rows[order]
    for name in ("user", "database"):
        columns[name] = pc.coalesce(columns[name], records.field(name, rows))
    return _table(records, rows, columns), rows


class _Match(NamedTuple):
    rows: Ints
    kind: pa.Array
    message: pa.Array
    duration_ms: pa.Array
    bytes: pa.Array
    user: pa.Array
    database: pa.Array


def _found(
    records: Records, rows: Ints, rules: dict[str, tuple[Rule, ...]], otherwise: str | None = None
) -> list[_Match]:
    """Return the rows that fit a rule, and the others as kind ``otherwise``."""
    if not len(rows):
        return []
    messages = records.messages(rows)
    found = []
    for word, place in by_first_word(messages, rules):
        left = place
        for rule in rules.get(word, ()):
            fits, match = _match(rule, rows[left], messages.take(pa.array(left)))
            found += [match] if match else []
            left = left[~fits]
            if not len(left):
                break
        if otherwise and len(left):
            found.append(_plain(otherwise, rows[left], messages.take(pa.array(left)), {}))
    return found


def _match(rule: Rule, rows: Ints, messages: pa.Array) -> tuple[Ints, _Match | None]:
    """Return which messages fit the rule, and those."""
    pattern = f"(?s){rule.pattern}"
    if "?P<" not in pattern:
        here = pc.match_substring_regex(messages, pattern)
        groups: dict[str, pa.Array] = {}
    else:
        struct = pc.extract_regex(messages, pattern)
        here = struct.is_valid()
        chosen = struct.filter(here)
        groups = dict(zip(struct.type.names, chosen.flatten(), strict=True))
    fits = here.to_numpy(zero_copy_only=False)
    if not fits.any():
        return fits, None
    return fits, _plain(rule.kind, rows[fits], messages.filter(here), groups)


def _plain(kind: str, rows: Ints, messages: pa.Array, groups: dict[str, pa.Array]) -> _Match:
    text, number = pa.nulls(len(rows), pa.string()), pa.nulls(len(rows), pa.float64())
    parts = [
        pc.multiply(_numbers(groups[name]), factor)
        for name, factor in _MILLISECONDS.items()
        if name in groups
    ]
    size = _numbers(groups["bytes"]) if "bytes" in groups else number
    return _Match(
        rows=rows,
        kind=pa.repeat(pa.scalar(kind), len(rows)),
        message=messages,
        duration_ms=pc.round(functools.reduce(pc.add, parts), 3) if parts else number,
        bytes=size.cast(pa.int64(), safe=False),
        user=_known(groups["user"]) if "user" in groups else text,
        database=_known(groups["database"]) if "database" in groups else text,
    )


def _known(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(texts, pa.array(["", "[unknown]"])), None, texts)


def _numbers(texts: pa.Array) -> pa.Array:
    well_formed = pc.match_substring_regex(texts, r"^[0-9]{1,15}(?:\.[0-9]+)?$")
    return pc.if_else(well_formed, texts, None).cast(pa.float64())


def _table(records: Records, rows: Ints, columns: dict[str, pa.Array]) -> pa.Table:
    raws = records.raw(rows)
    return tables.from_columns(
        "events",
        columns
        | {
            "at": records.times(rows),
            "session_id": records.session(rows),
            "sqlstate": _states(records, rows, columns["message"], raws),
            "line": records.line[rows],
            "attributes": raws,
        },
    )


def _states(records: Records, rows: Ints, messages: pa.Array, raws: pa.Array) -> pa.Array:
    logged = records.field("sqlstate", rows)
    if not logged.null_count:
        return logged
    return pc.coalesce(logged, derived_states(messages, records.field("severity", rows), raws))
