import pyarrow as pa

from perfkit import tables
from perfkit.analyses.critical_paths.operations import Operations
from perfkit.analyses.traces.forest import Forest
from perfkit.recording import Recording


def named(rows):
    columns = dict.fromkeys(name for row in rows for name in row)
    table = tables.from_columns(
        "spans",
        {name: [row.get(name) for row in rows] for name in columns}
        | {"trace_id": ["t"] * len(rows), "span_id": [str(n) for n in range(len(rows))]},
    )
    forest = Forest(Recording.from_frames(spans=table).arrow("spans"))
    operations = Operations(forest)
    return [operations.known[code] for code in operations.code.tolist()]


def test_calls_are_called_by_statement_or_templated_url_everything_else_by_name():
    found = named(
        [
            {"name": "GET /a", "kind": "server", "url": "http://a/a/7", "route": "/a"},
            {"name": "SELECT", "kind": "client", "statement": "select 1 from t where a = 5"},
            {"name": "GET", "kind": "client", "url": "http://stock/items/17?x=1"},
            {"name": "fetch it", "category": "http", "url": "/items/18"},
            {"name": "render"},
            {},
        ]
    )
    assert [one.name for one in found] == [
        "GET /a",
        "select ? from t where a = ?",
        "GET http://stock/items/{id}?x=*",
        "/items/{id}",
        "render",
        "unnamed",
    ]


def test_one_name_is_an_operation_per_service_and_category():
    rows = [{"name": "x", "service": s, "category": c} for s in "ab" for c in ("db", "http", "db")]
    found = named(rows)
    assert len(set(map(id, found))) == 4
    assert [(one.service, one.category) for one in found] == [
        (row["service"], row["category"]) for row in rows
    ]


def test_an_operation_keeps_what_joins_it_to_other_findings():
    row = {"name": "q", "kind": "client", "statement": "select 1", "peer": "db:5432"}
    (one,) = named([row])
    assert one.peer == "db:5432"
    assert len(one.fingerprint_id) == 16


def test_no_spans_have_no_operations():
    operations = Operations(Forest(tables.empty("spans")))
    assert operations.known == []
    assert pa.array(operations.code).to_pylist() == []
