"""PostgreSQL log records that tell of statements: durations, logged statements, plans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_plans import read_plans

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Records

__all__ = ["BARE", "EXECUTED", "LOGGED", "PLANNED", "STEP", "Statements", "read_statements"]

#: What a row of ``queries`` came from, for ``pg_joins``: parse or bind; a statement with its
#: duration; one without; a duration without its statement; an auto_explain plan.
STEP, EXECUTED, LOGGED, BARE, PLANNED = range(5)

_PHASES = pa.array(["simple", "parse", "bind", "execute", None])
_SIMPLE, _PLAN, _NONE, _OTHER = 0, 5, 4, 6
_KIND = re.compile(
    r"  (?:(statement)|(parse|bind|execute)\b.*|(plan)|(fastpath function call)\b.*):"
)
_CODES = {"parse": 1, "bind": 2, "execute": 3}
_STEPS = (1, 2)
_KIND_BYTES = 160


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


def read_statements(records: Records, rows: Ints) -> Statements:
    """Read the LOG records ``rows`` that tell of statements."""
    begins = pc.starts_with(records.first_words(rows, 10), "duration: ")
    is_timed = begins.to_numpy(zero_copy_only=False)
    timed, ms, kind, text = _durations(records, rows[is_timed])
    logged, logged_kind, logged_text = _logged(records, rows[~is_timed])
    is_plan = kind == _PLAN
    plans = read_plans(records, timed[is_plan], ms[is_plan], text[is_plan])
    stated = ~is_plan & (kind != _OTHER)
    timed, ms, kind, text = timed[stated], ms[stated], kind[stated], text[stated]
    bare = text >= records.end[timed]
    record = np.concatenate([timed, logged, plans.record[plans.outermost]])
    role = np.concatenate(
        [
            np.where(bare, BARE, np.where(np.isin(kind, _STEPS), STEP, EXECUTED)),
            np.full(len(logged), LOGGED),
            np.full(int(plans.outermost.sum()), PLANNED),
        ]
    )
    texts = pa.concat_arrays(
        [
            _texts(records, timed, text),
            _texts(records, logged, logged_text),
            plans.statement.filter(pa.array(plans.outermost)),
        ]
    )
    kinds = np.concatenate([kind, logged_kind, np.full(int(plans.outermost.sum()), _NONE)])
    times = np.concatenate([ms, np.full(len(logged), np.nan), plans.duration_ms[plans.outermost]])
    order = np.argsort(record, kind="stable")
    return Statements(
        queries=_queries(records, record[order], times[order], kinds[order], texts.take(order)),
        plans=plans.table,
        role=role[order],
        record=record[order],
        taken=np.concatenate([record, plans.record]),
        broken=plans.broken,
    )


def _durations(records: Records, rows: Ints) -> tuple[Ints, Any, Ints, Ints]:
    """Return records, milliseconds, kind and begin of the text of ``duration: ...`` messages."""
    at = records.text[rows] + len("duration: ")
    number = segments(records.data, at, np.minimum(at + 24, records.end[rows])).cast(pa.binary())
    width = pc.find_substring(number, " ms").to_numpy(zero_copy_only=False)
    found = width >= 0
    rows, at, width = rows[found], at[found], width[found]
    numbers = segments(records.data, at, at + width)
    well_formed = pc.match_substring_regex(numbers, r"^[0-9]+(?:\.[0-9]+)?$")
    valid = well_formed.to_numpy(zero_copy_only=False)
    rows, at, width = rows[valid], at[valid], width[valid]
    ms = numbers.filter(pa.array(valid)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    kind, text = _kinds(records, rows, at + width + len(" ms"))
    return rows, ms, kind, text


def _logged(records: Records, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Return records, kind and begin of the text of ``log_statement``'s messages."""
    pattern = r"^(?:statement: |execute [^:]*: )"
    words = records.first_words(rows, _KIND_BYTES)
    rows = rows[pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)]
    words = records.first_words(rows, _KIND_BYTES)
    width = pc.find_substring(words, ":").to_numpy(zero_copy_only=False)
    simple = pc.starts_with(words, "statement").to_numpy(zero_copy_only=False)
    return rows, np.where(simple, _SIMPLE, _CODES["execute"]), records.text[rows] + width + 1


def _kinds(records: Records, rows: Ints, start: Ints) -> tuple[Ints, Ints]:
    """Return what follows ``duration: 1.2 ms`` and where the text behind it begins."""
    ends = np.minimum(start + _KIND_BYTES, records.end[rows])
    after = segments(records.data, start, ends).cast(pa.binary())
    width = pc.find_substring(after, ":").to_numpy(zero_copy_only=False) + 1
    encoded = segments(records.data, start, start + width).dictionary_encode()
    codes = np.array([_code(text) for text in encoded.dictionary.to_pylist()], np.int64)
    kind = codes[encoded.indices.to_numpy(zero_copy_only=False)] if len(rows) else codes
    return kind, np.where(kind == _NONE, records.end[rows], start + width)


def _code(text: str) -> int:
    if not text:
        return _NONE
    found = _KIND.fullmatch(text)
    if found is None or found[4]:
        return _OTHER
    return _PLAN if found[3] else _CODES.get(found[2] or "", _SIMPLE)


def _texts(records: Records, rows: Ints, start: Ints) -> pa.Array:
    texts = segments(records.data, start, np.maximum(start, records.end[rows]))
    texts = pc.ascii_trim_whitespace(pc.replace_substring(texts, "\n\t", "\n"))
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _queries(records: Records, rows: Ints, ms: Any, kinds: Ints, texts: pa.Array) -> pa.Table:
    statement = texts.dictionary_encode()
    fingerprint, identifier = fingerprint_many(statement)
    constant = {"system": "postgresql", "duration_kind": "server"}
    return tables.from_columns(
        "queries",
        {name: pa.repeat(pa.scalar(value), len(rows)) for name, value in constant.items()}
        | {
            "started_at": records.times(rows, before_ms=ms),
            "duration_ms": pa.array(ms, mask=np.isnan(ms)),
            "phase": _PHASES.take(kinds),
            "statement": statement,
            "parameters": _parameters(records, rows),
            "fingerprint": fingerprint,
            "fingerprint_id": identifier,
            "database": records.field("database", rows),
            "user": records.field("user", rows),
            "application": records.field("application", rows),
            "session_id": records.session(rows),
            "line": records.line[rows],
        },
    )


def _parameters(records: Records, rows: Ints) -> pa.Array:
    """Return ``$1 = '7', $2 = NULL`` from the DETAIL of each record."""
    details = np.flatnonzero((records.owner >= 0) & (records.owner != np.arange(len(records.key))))
    words = records.first_words(details, 12)
    named = pc.match_substring_regex(words, "^[pP]arameters: ").to_numpy(zero_copy_only=False)
    details = details[named]
    texts = pc.utf8_slice_codeunits(records.messages(details), len("parameters: "))
    place = np.full(len(records.key), -1)
    place[records.owner[details]] = np.arange(len(details))
    chosen = place[rows]
    return texts.take(pa.array(chosen, mask=chosen < 0))
