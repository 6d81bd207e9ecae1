"""Plans that auto_explain wrote into a PostgreSQL log, as JSON or as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_records import Flags, joined

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Records

__all__ = ["Plans", "read_plans"]

#: The first line of a plan as text, behind the statement.
_ROOT = re.compile(r"^[^\s].*  \(cost=[0-9.]+\.\.[0-9.]+ rows=", re.MULTILINE)
_PARAMETERS = "\nQuery Parameters: "


class _Document(msgspec.Struct):
    query: str | None = msgspec.field(default=None, name="Query Text")


_decode = msgspec.json.Decoder(_Document).decode


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Plans of one chunk; ``outermost`` leaves out what ran inside another statement."""

    table: pa.Table
    record: Ints
    duration_ms: Any
    statement: pa.Array
    outermost: Flags
    broken: Ints


def read_plans(records: Records, rows: Ints, ms: Any, text: Ints) -> Plans:
    """Read the plans of the records ``rows``; the plan begins at ``text``.

    A plan whose message names a CONTEXT (a function, a trigger) is part of the statement
    that called it: it is a plan, and no statement of its own.
    """
    bodies = joined(segments(records.data, text, records.end[rows]))
    found = [_statement(body) for body in bodies.to_pylist()]
    whole = np.array([good for good, _ in found], np.bool_)
    statement = pa.array([text for good, text in found if good], pa.string())
    broken, rows, ms = rows[~whole], rows[whole], ms[whole]
    _, identifier = fingerprint_many(statement)
    table = tables.from_columns(
        "plans",
        {
            "at": records.times(rows),
            "duration_ms": ms,
            "fingerprint_id": identifier,
            "statement": statement,
            "plan": bodies.filter(pa.array(whole)),
            "line": records.line[rows],
        },
    )
    outermost = ~_nested(records, rows) & statement.is_valid().to_numpy(zero_copy_only=False)
    return Plans(
        table=table,
        record=rows,
        duration_ms=ms,
        statement=statement,
        outermost=outermost,
        broken=broken,
    )


def _statement(body: str) -> tuple[bool, str | None]:
    """Say whether the plan is whole, and return its statement where it names one."""
    if body.startswith("{"):
        try:
            query = _decode(body).query
        except msgspec.DecodeError:
            return False, None
        return True, query.strip() if query else None
    if body.startswith("Query Text: "):
        root = _ROOT.search(body)
        if root is None:
            return False, None
        text = body[len("Query Text: ") : root.start()].split(_PARAMETERS, 1)[0]
        return True, text.strip()
    return bool(body), None


def _nested(records: Records, rows: Ints) -> Flags:
    second = np.flatnonzero(records.owner != np.arange(len(records.key)))
    contexts = pc.equal(records.field("severity", second), "CONTEXT").fill_null(False)  # noqa: FBT003 - the value to fill in
    return np.isin(rows, records.owner[second[contexts.to_numpy(zero_copy_only=False)]])
