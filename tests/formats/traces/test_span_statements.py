"""A span and the line of the server's log have one fingerprint."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.formats.logs import mongodb_json, redis_slowlog
from perfkit.formats.model import Chunk
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.span_statements import fingerprints


def _of(statement, system=None, database=None):
    columns = (pa.array([text], pa.string()) for text in (statement, system, database))
    texts, ids = fingerprints(*columns)
    assert ids.to_pylist() == [text and fingerprint_id(text) for text in texts.to_pylist()]
    return texts[0].as_py()


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        ("GET user:17", ["GET", "user:99"]),
        ('SET mykey "some value"', ["SET", "mykey", "x"]),
        ("HMSET cart:1 a b c d", ["HMSET", "cart:8", "a", "1"]),
        ("SET cart:1 [2 other arguments]", ["SET", "cart:2", "x"]),
        ("get cart:1:", ["GET", "cart:2"]),
        ("MGET a:1 a:2 a:...", ["MGET", "a:1", "a:2"]),
    ],
)
def test_a_command_of_redis_meets_the_slow_log(statement, arguments):
    entry = [[1, 1700000000, 20000, arguments, "127.0.0.1:5000", ""]]
    log = redis_slowlog.parse(Chunk.whole(json.dumps(entry).encode()))
    logged = log.tables["queries"]["fingerprint"].to_pylist()[0]
    found = _of(statement, "redis")
    assert found in {logged, f"{logged} ?"}


@pytest.mark.parametrize(
    "attributes",
    [
        {"db.statement": '{"find": "orders", "filter": {"status": "?"}}'},
        {
            "db.statement": '{"status": "?"}',
            "db.operation": "find",
            "db.mongodb.collection": "orders",
        },
        {"db.statement": "find orders {'status': 'open'}"},
        {"db.query.text": '{"find":"orders","filter":{"status":"x"},"$db":"shop"}'},
    ],
)  # fmt: skip
def test_a_command_of_mongodb_meets_its_log(attributes):
    line = {
        "t": {"$date": "2024-05-01T10:00:00.000+00:00"},
        "s": "I",
        "c": "COMMAND",
        "id": 51803,
        "ctx": "conn1",
        "msg": "Slow query",
        "attr": {
            "type": "command",
            "ns": "shop.orders",
            "command": {"find": "orders", "filter": {"status": "open"}, "$db": "shop"},
            "durationMillis": 120,
        },
    }
    log = mongodb_json.parse(Chunk.whole(json.dumps(line).encode() + b"\n"))
    found = facts({"db.system": "mongodb", "db.name": "shop", **attributes})
    logged = log.tables["queries"]["fingerprint"].to_pylist()
    assert [_of(found.statement, found.system, found.database)] == logged


@pytest.mark.parametrize(
    ("statement", "system", "found"),
    [
        ('SELECT "a" FROM t', "mysql", "select ? from t"),
        ('SELECT "a" FROM t', "postgresql", 'select "a" from t'),
        ("SELECT 1", None, "select ?"),
        ("GET ?\nSET a:1 b\nSET a:2 c", "redis", "get ?; set a:? ?"),
        ("GET a; SET b 1", "redis", "get a; set b ?"),
        ("SET k line one\nline two; x", "redis", "set k ?"),
        ('{"ping": 1}', "mongodb", "ping shop.$cmd"),
        ("isMaster?", "mongodb", "ismaster ?"),
        (
            '{"query": {"match": {"t": "a \\" b"}}, "size": 10, "_source": ["a", "b"]}',
            "elasticsearch",
            '{"query":{"match":{"t":?}},"size":?,"_source":[?]}',
        ),
        ("{call p(1)}", "oracle.db", fingerprint("{call p(1)}")),
        ("", "redis", None),
        (None, "redis", None),
        (None, None, None),
    ],
)
def test_shapes_by_system(statement, system, found):
    assert _of(statement, system, "shop") == found


def test_mixed_systems_keep_their_places():
    statements = pa.array(["SELECT 1", "GET a:1", None, "SELECT 2"])
    systems = pa.array(["postgresql", "redis", "redis", "mysql"])
    texts, ids = fingerprints(statements, systems, pa.nulls(4, pa.string()))
    assert texts.to_pylist() == ["select ?", "get a:?", None, "select ?"]
    assert texts.type == ids.type == pa.dictionary(pa.int32(), pa.string())
    assert len(set(texts.dictionary.to_pylist())) == len(texts.dictionary)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text() | st.just('{"find": "a", "filter": {"b": 1}}'),
            st.sampled_from([None, "redis", "mongodb", "mysql", "elasticsearch", ""]),
            st.none() | st.text(max_size=3),
        ),
        max_size=6,
    )
)
def test_any_text_has_a_fingerprint_and_what_is_none_has_none(rows):
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)] or [
        pa.array([], pa.string())
    ] * 3
    texts, ids = fingerprints(*columns)
    assert len(texts) == len(ids) == len(rows)
    assert all(
        text is None
        for (said, _, _), text in zip(rows, texts.to_pylist(), strict=True)
        if said is None
    )
