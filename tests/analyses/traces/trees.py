"""Traces out of tuples, and strategies that draw the trees that instrumentations send."""

from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.traces.forest import Forest
from perfkit.recording import Recording

BEGIN = 1_700_000_000_000_000_000
COLUMNS = ("kind", "service", "name", "route", "category", "trace_id", "weight", "url")


def spans(*rows):
    """Return a table of spans from ``(id, parent, start, duration, {column: value})``, in ns.

    A start or duration of None is unknown; the name is the id unless it is given.
    """
    columns = {"span_id": [row[0] for row in rows], "parent_id": [row[1] for row in rows]}
    columns["started_at"] = [None if row[2] is None else BEGIN + row[2] for row in rows]
    columns["duration_ms"] = [None if row[3] is None else row[3] / 1e6 for row in rows]
    beyond = [row[4] if len(row) > 4 else {} for row in rows]
    columns |= {name: [more.get(name) for more in beyond] for name in COLUMNS}
    columns["trace_id"] = [trace or "t" for trace in columns["trace_id"]]
    columns["name"] = [name or row[0] for name, row in zip(columns["name"], rows, strict=True)]
    return tables.from_columns("spans", columns)


def forest(*rows):
    """Return the forest of ``rows``, see :func:`spans`."""
    return Forest(spans(*rows))


def recording(*rows):
    """Return a recording with the spans of ``rows`` alone."""
    return Recording(contents={"spans": spans(*rows)})


@st.composite
def trees(draw, most=14, trace="t"):
    """Draw the rows of one trace: children that overlap, outlive or miss their parents.

    Durations of zero and equal moments are frequent.
    """
    rows = [("0", None, 0, draw(st.integers(0, 400)), {"trace_id": trace})]
    for number in range(1, draw(st.integers(1, most))):
        parent = rows[draw(st.integers(0, number - 1))]
        start = parent[2] + draw(st.integers(-5, max(parent[3], 1)))
        length = draw(st.sampled_from([0, 1, 10]) | st.integers(0, max(parent[3], 1)))
        service = draw(st.sampled_from(["shop", "stock"]))
        kind = draw(st.sampled_from([None, "client", "server", "producer", "consumer"]))
        category = draw(st.sampled_from([None, "db", "http", "pool"]))
        told = {"trace_id": trace, "kind": kind, "service": service, "category": category}
        rows.append((str(number), parent[0], start, length, told))
    return rows
