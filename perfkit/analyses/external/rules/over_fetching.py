"""Statements that return far more rows than the answer of the request could hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.told import ROWS, SIZE, first, number
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: Rows of one statement, and requests: fewer rows cost next to nothing.
_ROWS = 500
_FEWEST = 3
#: Bytes of the answer per row: two hold a digit and a comma, compressed or not.
_BYTES_PER_ROW = 2.0
_WRITES = re.compile(r"(?i)(?:post|put|patch|delete)\b")
_SNIPPET = """\
-- let the database count, filter and cut off; it sends what is shown
SELECT count(*), sum(total) FROM ... WHERE ...;
SELECT id, name FROM ... WHERE ... ORDER BY ... LIMIT 50;
-- now: {statement}"""


def rule(look: Look) -> list[Claim]:
    """Find statements that fetch rows which the answer cannot hold.

    At least 500 rows (median) in at least 3 requests, whose answers have less than 2 bytes per
    row: most rows are counted, filtered or thrown away by the application. Needs the number of
    rows (from spans or the table of statements) and the size of answers.
    """
    calls = look.calls
    rows = _returned(look)
    at = np.flatnonzero((rows[calls.row] >= _ROWS) & (calls.owner_row >= 0) & calls.kind_is("db"))
    if not len(at):
        return []
    size = _answered(look, calls.owner_row[at])
    texts = groups.encode(look.forest.rows["fingerprint"].take(pa.array(calls.row[at])))
    found = []
    for code, places in members(texts.codes):
        text = texts.labels[code]
        known = places[size[places] >= 0]
        if text is None or len(known) < _FEWEST:
            continue
        ratio = size[known] / rows[calls.row[at[known]]]
        if np.median(ratio) < _BYTES_PER_ROW:
            found.append(_claim(look, text, at[known], (rows, size[known])))
    return found


def _returned(look: Look) -> Any:
    """Return the rows that each span got, 0 where it is not told."""
    found = np.zeros(len(look.forest))
    stores = np.zeros(len(look.forest), np.bool_)
    stores[look.calls.row[look.calls.kind_is("db")]] = True
    for row, count in _from_queries(look):
        found[row] = count
    rows, counts = look.told.numbers(ROWS, stores)
    found[rows] = counts
    return found


def _from_queries(look: Look) -> Iterator[tuple[int, float]]:
    columns = ["trace_id", "span_id", "rows_returned"]
    told = look.rec.arrow("queries", columns).drop_null()
    told = told.filter(pc.greater_equal(told["rows_returned"], _ROWS))
    if not told.num_rows:
        return
    of = {(q["trace_id"], q["span_id"]): q["rows_returned"] for q in told.to_pylist()}
    mine = pc.is_in(look.forest.rows["span_id"], value_set=told["span_id"].combine_chunks())
    rows = np.flatnonzero(mine.to_numpy())
    pairs = zip(
        look.forest.texts("trace_id", rows), look.forest.texts("span_id", rows), strict=True
    )
    for row, pair in zip(rows.tolist(), pairs, strict=True):
        if pair in of:
            yield row, float(of[pair])


def _answered(look: Look, owner: Ints) -> Any:
    """Return the size of the answer of each request that reads, in bytes; -1: not told.

    A request that changes something may need rows that it does not send.
    """
    rows, place = np.unique(owner, return_inverse=True)
    told = [number(first(known, SIZE)) for known in look.told.of(rows)]
    reads = [not _WRITES.match(name) for name in look.names(rows)]
    known = [size if size and read else -1.0 for size, read in zip(told, reads, strict=True)]
    return np.array(known)[place]


def _claim(look: Look, text: str, at: Ints, numbers: tuple[Any, Any]) -> Claim:
    calls, (rows, size) = look.calls, numbers
    fetched, sent = rows[calls.row[at]], size
    typical, answer = float(np.median(fetched)), float(np.median(sent))
    took = float(np.median(calls.length[at]) / 1e6)
    route = look.route(at)
    fingerprint_id = look.forest.texts("fingerprint_id", calls.row[at[:1]])[0]
    finding = Finding(
        rule="over-fetching",
        severity="warning",
        title=(
            f"{route} fetches {typical:,.0f} rows by {visible(shown(text), 60)} and answers with"
            f" {units.format_bytes(answer)}: most rows are not used, in {len(at):,} calls"
        ),
        evidence=look.evidence(at, rows_returned=fetched, response_bytes=sent),
        saves_ms=took * (1 - _used(typical, answer)),
        saves_basis="per call, at most",
        saves_times=look.times(at),
        fix=Fix(
            text="Count, filter and cut off in the statement; the database sends what is shown.",
            snippet=_SNIPPET.format(statement=visible(text, 90)),
            language="sql",
        ),
        effort="medium",
        confidence="medium",
        keys=look.keys(at, route=route, fingerprint_id=fingerprint_id),
    )
    return Claim(finding, calls.row[at])


def _used(rows: float, answer: float) -> float:
    """Return the share of rows that the answer could hold at most."""
    return min(answer / _BYTES_PER_ROW / rows, 1.0)
