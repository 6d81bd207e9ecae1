"""Statements that were logged cut off (``query[:200]``), matched to the whole ones.

A log that keeps the first characters only gives every such statement a fingerprint of its
own. Where another source of the recording has the whole statement, the cut one gets its
fingerprint: if there is exactly one shape that begins so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Matched", "match_truncated"]

#: How formats mark a row whose statement was cut off.
MARK = rb'"truncated":true'
#: A shorter beginning says too little.
SHORTEST = 24

_ELLIPSIS = re.compile(r" \.\.\. \d+ characters truncated \.\.\. .*|\s*(?:\.\.\.|…)\s*$", re.DOTALL)
_PARTIAL = re.compile(r'(?:[\w"$?`\[]|(?<=\w)\.)+$')


class Matched(NamedTuple):
    """The table, and what to say about the statements that were cut off."""

    queries: pa.Table
    notes: list[Note]


def match_truncated(queries: pa.Table) -> Matched:
    """Give statements marked as truncated the fingerprint of the one whole statement.

    The rows have fingerprints. Shapes are compared, not texts: literals do not matter. A
    beginning that no whole statement has, or several, stays as it is, and a note says so.

    Example:
        >>> from perfkit import tables
        >>> from perfkit.fingerprinted import fingerprinted
        >>> rows = tables.from_columns("queries", {
        ...     "statement": ["select a, b from t where id = 7", "select a, b from t where i"],
        ...     "attributes": [None, b'{"truncated":true}'],
        ... })
        >>> match_truncated(fingerprinted(rows)).queries["fingerprint"].to_pylist()[1]
        'select a, b from t where id = ?'
    """
    found = pc.match_substring(queries["attributes"], MARK)
    marked = pc.coalesce(found, pa.scalar(False))  # noqa: FBT003 - the value
    if not pc.any(marked).as_py():
        return Matched(queries, [])
    prints = _plain(queries["fingerprint"])
    whole = sorted({*prints.filter(pc.invert(marked)).unique().to_pylist()} - {None})
    cut = _plain(queries["statement"]).filter(marked).unique().drop_null().to_pylist()
    found = {text: _completed(text, whole) for text in cut}
    better = {text: shapes[0] for text, shapes in found.items() if len(shapes) == 1}
    return Matched(_replaced(queries, marked, prints, better), _notes(found.values()))


def _completed(text: str, whole: Sequence[str]) -> list[str]:
    """Return the shapes that begin as ``text`` does: none, the one, or two of several."""
    beginning = _beginning(text)
    if len(beginning) < SHORTEST:
        return []
    at = bisect_left(whole, beginning)
    return [shape for shape in whole[at : at + 2] if shape.startswith(beginning)]


def _beginning(text: str) -> str:
    """Return the shape of a beginning, without what the cut may have changed."""
    shape = fingerprint(_ELLIPSIS.sub("", text))
    values = shape.find(" values (")
    if values >= 0:
        return shape[: values + len(" values (")]
    opened = max(shape.rfind(" in ("), shape.rfind("array["))
    if opened >= 0 and not re.search(r"[)\]]", shape[opened:]):
        # A list of literals prints as one; a subquery is cut back to its beginning alike.
        shape = shape[: opened + len(" in (")]
    return _PARTIAL.sub("", shape)


def _replaced(queries: pa.Table, marked: Any, prints: Any, better: dict[str, str]) -> pa.Table:
    statements = _plain(queries["statement"])
    known = pa.array(list(better), pa.string())
    place = pc.if_else(marked, pc.index_in(statements, known), pa.scalar(None, pa.int32()))
    shapes = list(better.values())
    ids = [fingerprint_id(shape) for shape in shapes]
    for name, values, own in (
        ("fingerprint", shapes, prints),
        ("fingerprint_id", ids, _plain(queries["fingerprint_id"])),
    ):
        index = queries.schema.get_field_index(name)
        field = queries.schema.field(index)
        column = pc.coalesce(pa.array(values, pa.string()).take(place), own)
        queries = queries.set_column(index, field, column.dictionary_encode().cast(field.type))
    return queries


def _notes(found: Iterable[list[str]]) -> list[Note]:
    found = list(found)
    several = sum(len(shapes) > 1 for shapes in found)
    missing = sum(not shapes for shapes in found)
    left = [
        f"{count:,} {what}"
        for count, what in ((several, "fit several statements"), (missing, "fit none"))
        if count
    ]
    message = f"of {len(found):,} statements that were logged cut off"
    if not left:
        return []
    return [
        Note(
            kind="truncated_statements",
            message=f"{message}, {' and '.join(left)}: these have fingerprints of their own",
        )
    ]


def _plain(column: Any) -> Any:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
