"""Exports of system.profile: Extended JSON v1 and v2, lines, arrays, printed prettily."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.mongodb_profile import FORMAT
from perfkit.formats.model import Chunk

CANONICAL = {
    "op": "query",
    "ns": "shop.orders",
    "command": {
        "find": "orders",
        "filter": {"status": "open", "n": {"$numberInt": "5"}},
        "sort": {"created": {"$numberInt": "-1"}},
        "lsid": {"id": {"$binary": {"base64": "xx", "subType": "04"}}},
        "$db": "shop",
    },
    "keysExamined": {"$numberInt": "0"},
    "docsExamined": {"$numberLong": "1000"},
    "nreturned": {"$numberInt": "3"},
    "locks": {"Global": {"timeAcquiringMicros": {"r": {"$numberLong": "1500"}}}},
    "millis": {"$numberInt": "12"},
    "planSummary": "COLLSCAN",
    "ts": {"$date": {"$numberLong": "1795248000123"}},
    "client": "127.0.0.1",
    "appName": "api",
    "user": "app@shop",
}
RELAXED = {
    **CANONICAL,
    "command": {"find": "orders", "filter": {"n": 5, "status": "x"}, "sort": {"created": -1}},
    "docsExamined": 1000,
    "nreturned": 3,
    "millis": 12,
    "ts": {"$date": "2026-11-21T08:00:00.123Z"},
}
UPDATE = {
    "op": "update",
    "ns": "shop.orders",
    "command": {"q": {"_id": {"$oid": "5a8c"}}, "u": {"$set": {"a": 1}}, "multi": False},
    "millis": 0,
    "ts": {"$date": "2026-11-21T08:00:00.123Z"},
}
LEGACY = {
    "op": "query",
    "ns": "shop.old",
    "query": {"$query": {"a": 1}, "$orderby": {"b": 1}},
    "nscanned": 3,
    "nscannedObjects": 4,
    "millis": 9,
    "ts": {"$date": 1416556800123},
}
ALL = [CANONICAL, RELAXED, UPDATE, LEGACY]


def lines(documents):
    return "".join(json.dumps(one) + "\n" for one in documents).encode()


FORMS = {
    "lines": lines,
    "array": lambda some: json.dumps(some).encode(),
    "jsonArray": lambda some: b"[" + b",\n".join(json.dumps(x).encode() for x in some) + b"]\n",
    "pretty": lambda some: "\n".join(json.dumps(x, indent=2) for x in some).encode(),
    "prettyArray": lambda some: json.dumps(some, indent=1).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_export_gives_the_same_rows(parsed, accounts, form):
    data = FORMS[form](ALL)
    assert FORMAT.recognises(data).confidence > 0.9
    result = parsed(FORMAT, data)
    accounts(result, 4)
    rows = result.tables["queries"].to_pylist()
    shape = "find shop.orders filter {n: ?, status: ?} sort {created: -1}"
    assert [row["fingerprint"] for row in rows] == [
        shape,
        shape,
        "update shop.orders filter {_id: ?} update {$set: {a: ?}}",
        "find shop.old filter {a: ?} sort {b: 1}",
    ]
    assert [row["duration_ms"] for row in rows] == [12.0, 12.0, 0.0, 9.0]


def test_canonical_and_relaxed_numbers_and_times_mean_the_same(parsed):
    one, other = parsed(FORMAT, lines([CANONICAL, RELAXED])).tables["queries"].to_pylist()
    assert one["started_at"] == other["started_at"]
    assert one["started_at"].isoformat() == "2026-11-21T08:00:00.111000+00:00"
    assert one["rows_examined"] == other["rows_examined"] == 1000
    assert one["rows_returned"] == other["rows_returned"] == 3
    assert one["lock_ms"] == other["lock_ms"] == 1.5
    assert one["user"] == "app"
    assert one["application"] == "api"
    assert one["client"] == "127.0.0.1"
    assert json.loads(one["attributes"])["planSummary"] == "COLLSCAN"


def test_get_more_and_old_names_are_understood(parsed):
    more = {
        **LEGACY,
        "op": "getmore",
        "query": {"getMore": {"$numberLong": "407"}, "collection": "old"},
        "originatingCommand": {"find": "old", "filter": {"z": 1}},
    }
    (found,) = parsed(FORMAT, lines([more])).tables["queries"].to_pylist()
    assert found["fingerprint"] == "getMore find shop.old filter {z: ?}"
    assert found["rows_examined"] == 4


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_is_cut_off_loses_its_last_document(parsed, form):
    data = FORMS[form](ALL)[:-25]
    result = parsed(FORMAT, data)
    assert result.tables["queries"].num_rows == 3
    assert result.rejected_lines == 1


@pytest.mark.parametrize("size", [1, 900])
def test_lines_may_be_cut_into_chunks_and_arrays_may_not(parsed, accounts, size):
    for form in ("lines", "pretty", "array", "jsonArray", "prettyArray"):
        data = FORMS[form](ALL * 3)
        result = parsed(FORMAT, data, size=size)
        accounts(result, 12)
        assert result.tables["queries"].num_rows == 12


def test_a_document_that_is_no_operation_is_rejected(parsed):
    result = parsed(FORMAT, lines([RELAXED, {"a": 1}, {**RELAXED, "millis": "x"}, UPDATE]))
    assert [bad.line for bad in result.rejected] == [2, 3]
    assert result.tables["queries"]["line"].to_pylist() == [1, 4]


@pytest.mark.parametrize("data", [b'{"op":"x","path":"/"}\n', b"[1,2]", b"", b"op ns millis ts"])
def test_other_json_is_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


VALUE = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$numberLong", "$date", "a", "$in", "q", "u"]), inner)
    ),
    max_leaves=6,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"op": VALUE, "ns": st.text(max_size=5), "millis": st.integers(-1, 9), "ts": VALUE},
            optional={
                "command": VALUE,
                "query": VALUE,
                "updateobj": VALUE,
                "locks": VALUE,
                "user": VALUE,
                "originatingCommand": VALUE,
                "docsExamined": VALUE,
            },
        ),
        max_size=4,
    ),
    st.binary(max_size=20),
)
def test_whatever_a_document_holds_is_accounted_for(documents, junk):
    data = lines(documents) + junk
    result = FORMAT.parse(Chunk.whole(data))
    assert result.used + result.irrelevant + result.rejected_lines == result.lines
    assert result.lines >= len(documents)
