"""Which statements were sent with the same values: by their text, or by what was bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import numbered

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["same_text"]

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")
# ?, $1, %s, %(name)s, :name (no cast), @name, {0}
_PLACEHOLDER = re.compile(r"\?|\$\d|%s|%\(\w+\)|(?<![:\w]):\w|@\w|\{\w*\}")
#: Texts of that length and more were cut off by many instrumentations: the rest may differ.
_CUT = 1000
_CUT_OFF = ("...", "…")
# What answers otherwise every time, or does more than to read
_CHANGES = re.compile(
    r"(?i)\b(?:now|random|rand|nextval|lastval|currval|last_insert_id|uuid\w*|gen_random_uuid|sleep"
    r"|pg_sleep|get_lock|clock_timestamp|current_timestamp|getdate|sysdate|row_count|found_rows)\b"
    r"|\bfor (?:no key )?(?:update|share)\b|\bskip locked\b|\binto\b|\block in share mode\b"
    r"|\b(?:insert|update|delete|merge|call)\b"
)


def same_text(look: Look, places: Ints) -> Ints:
    """Return a number that calls share if they send the same with the same values; -1: unknown.

    A text without placeholders says all. One with placeholders needs the bound values, from the
    table of statements.
    """
    rows = look.forest.rows.select(["statement", "trace_id", "span_id"])
    picked = rows.take(pa.array(look.calls.row[places]))
    statement = groups.encode(picked["statement"])
    kind = np.array([_kind(text) for text in statement.labels], np.int64)[statement.codes]
    bound = _bound(look, picked, kind)
    known = (kind == 1) | ((kind == 0) & (bound >= 0))
    number, _ = numbered(statement.codes.astype(np.int64), np.where(kind == 1, -1, bound))
    return np.where(known, number, -1)


def _kind(text: str | None) -> int:
    """Return 1: a read with all its values, 0: with placeholders, -1: something else."""
    if not text or len(text) >= _CUT or text.rstrip().endswith(_CUT_OFF):
        return -1
    head = text.lstrip("( \n\t").lower()
    if not head.startswith(("select", "with")) or _CHANGES.search(text):
        return -1
    return 0 if _PLACEHOLDER.search(_QUOTED.sub("''", text)) else 1


def _bound(look: Look, picked: pa.Table, kind: Ints) -> Any:
    """Return a number for the values bound to each statement, -1 where they are unknown."""
    none = np.full(len(kind), -1)
    if not (kind == 0).any():
        return none
    told = look.rec.arrow("queries", ["trace_id", "span_id", "parameters"]).drop_null()
    if not told.num_rows:
        return none
    names, ids = _ids(told), _ids(picked)
    values = groups.encode(told["parameters"]).codes
    at = pc.fill_null(pc.index_in(ids, value_set=names), -1).to_numpy(zero_copy_only=False)
    return np.where((at >= 0) & (kind == 0), values[np.maximum(at, 0)], -1)


def _ids(rows: pa.Table) -> pa.Array:
    joined = pc.binary_join_element_wise(
        rows["trace_id"].cast(pa.string()), rows["span_id"].cast(pa.string()), "/"
    )
    return pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], pa.string())
