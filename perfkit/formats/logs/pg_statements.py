"""PostgreSQL log records that tell of statements: durations, logged statements, plans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_durations import STATEMENT, milliseconds
from perfkit.formats.logs.pg_plans import Plans, read_plans

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Records

__all__ = ["BARE", "EXECUTED", "LOGGED", "PLANNED", "STEP", "Statements", "read_statements"]

#: What a row of ``queries`` came from, for ``pg_joins``: parse or bind; a statement with its
#: duration; one without; a duration without its statement; an auto_explain plan.
STEP, EXECUTED, LOGGED, BARE, PLANNED = range(5)

_PHASES = pa.array(["simple", "parse", "bind", "execute", None])
_SIMPLE, _PLAN, _NONE, _OTHER = 0, 5, 4, 6
_KIND = re.compile(
    r"  (?:(statement)|(parse|bind|execute)\b.*|(plan)|(fastpath function call)\b.*):",
    re.DOTALL,
)
_CODES = {"parse": 1, "bind": 2, "execute": 3}
_STEPS = (1, 2)
_UNNAMED = {f"  {name} <unnamed>:".encode(): code for name, code in _CODES.items()}
#: A kind is mostly as short as the first; a portal's name makes it longer.
_KIND_BYTES = (24, 160)
_DURATION = b"duration: "


@dataclass(frozen=True, kw_only=True)
class Statements:
    """Rows of ``queries`` and ``plans``; ``role`` and ``record`` are aligned with ``queries``.

    ``taken`` are the records that ended up in a row, ``broken`` those whose plan is cut off.
    """

    queries: pa.Table
    plans: pa.Table
    role: Ints
    record: Ints
    taken: Ints
    broken: Ints


class _Told(NamedTuple):
    """Records that tell of statements: milliseconds, kind, and where their texts begin."""

    record: Ints
    ms: Any
    kind: Ints
    text: Ints

    def only(self, chosen: Any) -> _Told:
        return _Told(*(column[chosen] for column in self))


def read_statements(records: Records, rows: Ints) -> Statements:
    """Read the LOG records ``rows`` (ascending) that tell of statements."""
    is_timed = records.begins(rows, _DURATION)
    timed = _durations(records, rows[is_timed])
    logged = _logged(records, rows[~is_timed])
    is_plan = timed.kind == _PLAN
    plans = read_plans(records, timed.record[is_plan], timed.ms[is_plan], timed.text[is_plan])
    told = timed.only(~is_plan & (timed.kind != _OTHER))
    bare = told.text >= records.end[told.record]
    role = np.where(bare, BARE, np.where(np.isin(told.kind, _STEPS), STEP, EXECUTED))
    role = np.concatenate([role, np.full(len(logged.record), LOGGED)])
    told = _Told(*(np.concatenate(pair) for pair in zip(told, logged, strict=True)))
    order = np.argsort(told.record, kind="stable")
    told, role = told.only(order), role[order]
    texts = records.texts(told.text, records.end[told.record])
    told, role, texts = _with_plans(told, role, texts, plans)
    return Statements(
        queries=_queries(records, told, _known(texts)),
        plans=plans.table,
        role=role,
        record=told.record,
        taken=np.concatenate([told.record, plans.record]),
        broken=plans.broken,
    )


def _known(texts: pa.Array) -> pa.DictionaryArray:
    """Return texts as a dictionary; an empty text is unknown."""
    encoded = texts.dictionary_encode()
    empty = pc.index(encoded.dictionary, "").as_py()
    if empty < 0:
        return encoded
    indices = pc.if_else(pc.equal(encoded.indices, empty), None, encoded.indices)
    return pa.DictionaryArray.from_arrays(indices, encoded.dictionary)


def _with_plans(told: _Told, role: Ints, texts: pa.Array, plans: Plans) -> tuple[Any, Ints, Any]:
    """Add plans that may stand for a statement, in the order of the log."""
    chosen = plans.outermost
    count = int(chosen.sum())
    if not count:
        return told, role, texts
    own = _Told(
        plans.record[chosen],
        plans.duration_ms[chosen],
        np.full(count, _NONE),
        np.zeros(count, np.int64),
    )
    told = _Told(*(np.concatenate(pair) for pair in zip(told, own, strict=True)))
    role = np.concatenate([role, np.full(count, PLANNED)])
    texts = pa.concat_arrays([texts, plans.statement.filter(pa.array(chosen))])
    order = np.argsort(told.record, kind="stable")
    return told.only(order), role[order], texts.take(order)


def _durations(records: Records, rows: Ints) -> _Told:
    """Read the messages ``duration: ...``."""
    at = records.text[rows] + len(_DURATION)
    ms, width, simple = milliseconds(records, at, records.end[rows])
    found = width > 0
    if not found.all():
        rows, at, simple = rows[found], at[found], simple[found]
        ms, width = ms[found], width[found]
    start, end = at + width + len(" ms"), records.end[rows]
    kind, text = np.full(len(rows), _SIMPLE), start + len(STATEMENT)
    left = np.flatnonzero(~simple)
    kind[left], text[left] = _kinds(records, start[left], end[left])
    return _Told(rows, ms, kind, text)


def _logged(records: Records, rows: Ints) -> _Told:
    """Read ``log_statement``'s messages."""
    simple = records.begins(rows, b"statement: ")
    executed = np.flatnonzero(records.begins(rows, b"execute "))
    words = records.first_words(rows[executed], _KIND_BYTES[1])
    width = pc.find_substring(words, ": ").to_numpy(zero_copy_only=False)
    text = records.text[rows] + len("statement:")
    text[executed] = records.text[rows[executed]] + width + 1
    kind = np.full(len(rows), _SIMPLE)
    kind[executed] = _CODES["execute"]
    chosen = simple.copy()
    chosen[executed] = width > 0
    return _Told(rows, np.full(len(rows), np.nan), kind, text).only(chosen)


def _kinds(records: Records, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return what follows ``duration: 1.2 ms`` and where the text behind it begins."""
    kind, text = np.zeros(len(start), np.int64), np.zeros(len(start), np.int64)
    left = np.arange(len(start))
    for name, code in _UNNAMED.items():
        fits = records.begins_at(start[left], name, end[left])
        kind[left[fits]], text[left[fits]] = code, start[left[fits]] + len(name)
        left = left[~fits]
    kind[left], text[left] = _other_kinds(records, start[left], end[left])
    return kind, text


def _other_kinds(records: Records, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    width = np.zeros(len(start), np.int64)
    left = np.arange(len(start))
    for size in _KIND_BYTES:
        ends = np.minimum(start[left] + size, end[left])
        after = segments(records.data, start[left], ends).cast(pa.binary())
        width[left] = pc.find_substring(after, ":").to_numpy(zero_copy_only=False) + 1
        left = left[(width[left] == 0) & (ends == start[left] + size)]
    encoded = segments(records.data, start, start + width).dictionary_encode()
    codes = np.array([_code(text) for text in encoded.dictionary.to_pylist()], np.int64)
    kind = codes[encoded.indices.to_numpy(zero_copy_only=False)] if len(start) else codes
    return kind, np.where(kind == _NONE, end, start + width)


def _code(text: str) -> int:
    if not text:
        return _NONE
    found = _KIND.fullmatch(text)
    if found is None or found[4]:
        return _OTHER
    return _PLAN if found[3] else _CODES.get(found[2] or "", _SIMPLE)


def _queries(records: Records, told: _Told, statement: pa.DictionaryArray) -> pa.Table:
    fingerprint, identifier = fingerprint_many(statement)
    rows = told.record
    same = {"system": "postgresql", "duration_kind": "server"}
    names = {"database": "database", "user": "user", "application": "application"}
    return tables.from_columns(
        "queries",
        {name: _constant(value, len(rows)) for name, value in same.items()}
        | {name: records.category(field, rows) for name, field in names.items()}
        | {
            "started_at": records.times(rows, before_ms=told.ms),
            "duration_ms": pa.array(told.ms, mask=np.isnan(told.ms)),
            "phase": pa.DictionaryArray.from_arrays(
                pa.array(told.kind.astype(np.int32), mask=told.kind == _NONE), _PHASES[:_NONE]
            ),
            "statement": statement,
            "parameters": _parameters(records, rows),
            "fingerprint": fingerprint,
            "fingerprint_id": identifier,
            "client": records.category("client", rows),
            "session_id": records.session_category(rows),
            "line": records.line[rows],
        },
        rows=len(rows),
    )


def _constant(value: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([value]))


def _parameters(records: Records, rows: Ints) -> pa.Array:
    """Return ``$1 = '7', $2 = NULL`` from the DETAIL of each record."""
    details = records.detail(rows, "DETAIL")
    if details.null_count == len(details):
        return details
    named = pc.match_substring_regex(details, "^[pP]arameters: ")
    text = pc.utf8_slice_codeunits(details, len("parameters: "))
    return pc.if_else(named, text, None)
