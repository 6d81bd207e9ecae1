"""What of a MongoDB command is shape, and what is value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.mongodb_shape import shape

COMMANDS = [
    (
        {"find": "orders", "filter": {"total": {"$gt": 5}, "status": "open"}, "sort": {"at": -1.0}},
        "find",
        "filter {status: ?, total: {$gt: ?}} sort {at: -1}",
    ),
    ({"find": "orders", "filter": {}, "limit": 20}, "find", "limit ?"),
    (
        {"find": "o", "projection": {"a": 1, "b": {"$slice": 5}, "_id": False}, "hint": {"x": 1}},
        "find",
        "projection {_id: 0, a: 1, b: {$slice: ?}} hint {x: 1}",
    ),
    (
        {"find": "o", "filter": {"$or": [{"a.3.b": 1}, {"a.4.b": 2}], "we ird": 1}},
        "find",
        'filter {"we ird": ?, $or: [{a.?.b: ?}]}',
    ),
    (
        {"find": "o", "filter": {"x": {"$elemMatch": {"y": 1}}, "$expr": {"$gt": ["$a", "$b"]}}},
        "find",
        "filter {$expr: {$gt: [$a, $b]}, x: {$elemMatch: {y: ?}}}",
    ),
    ({"find": "o", "filter": {"token": "$2b$12$secret"}}, "find", "filter {token: ?}"),
    ({"find": "o", "filter": {"doc": {"a": 1, "b": 2}}}, "find", "filter {doc: ?}"),
    (
        {
            "aggregate": "o",
            "pipeline": [
                {"$match": {"s": {"$in": ["a", "b"]}}},
                {"$lookup": {"from": "users", "localField": "u", "foreignField": "_id", "as": "x"}},
                {"$group": {"_id": "$u", "n": {"$sum": 1}, "t": {"$sum": "$total"}}},
                {"$sort": {"t": -1}},
                {"$limit": 5},
                {"$out": "totals"},
            ],
        },
        "aggregate",
        (
            "pipeline [$match {s: {$in: [?]}}, $lookup {as: x, foreignField: _id, from: users, "
            "localField: u}, $group {_id: $u, n: {$sum: ?}, t: {$sum: $total}}, $sort {t: -1}, "
            "$limit ?, $out totals]"
        ),
    ),
    (
        {"q": {"_id": {"$oid": "5a8c"}}, "u": {"$set": {"b": 1, "a": 2}}, "multi": True},
        "update",
        "filter {_id: ?} update {$set: {a: ?, b: ?}} multi",
    ),
    (
        {"update": "o", "updates": [{"q": {"a": 1}, "u": {"$inc": {"n": 1}}}] * 3},
        "update",
        "updates filter {a: ?} update {$inc: {n: ?}}",
    ),
    (
        {"q": {"a": 1}, "u": {"name": "whole", "new": "document"}},
        "update",
        "filter {a: ?} update ?",
    ),
    ({"q": {"a": 1}, "limit": 1}, "delete", "filter {a: ?}"),
    ({"insert": "o", "documents": [{"secret": 1}]}, "insert", ""),
    (
        {"findandmodify": "o", "query": {"a": 1}, "remove": True},
        "findAndModify",
        "query {a: ?} remove",
    ),
    ({"distinct": "o", "key": "a.b", "query": {"c": 1}}, "distinct", "key a.b query {c: ?}"),
    ({"count": "o", "query": {"c": {"$exists": False}}}, "count", "query {c: {$exists: ?}}"),
    ({"explain": {"find": "o", "filter": {"a": 1}}}, "explain find", "filter {a: ?}"),
    ({"hello": 1}, "hello", ""),
    ({}, "", ""),
    ("unrecognized", "", ""),
]


@pytest.mark.parametrize(("command", "verb", "rest"), COMMANDS)
def test_names_and_operators_stay_and_values_go(command, verb, rest):
    assert shape(command) == (verb, rest)


def test_a_longer_list_and_another_order_of_the_predicates_are_the_same_shape():
    one = {"find": "o", "filter": {"a": {"$in": [1]}, "b": 1}}
    other = {"find": "o", "filter": {"b": "x", "a": {"$in": list(range(2000))}}}
    assert shape(one) == shape(other)


def test_the_order_of_sort_keys_is_part_of_the_shape():
    assert shape({"find": "o", "sort": {"a": 1, "b": 1}}) != shape(
        {"find": "o", "sort": {"b": 1, "a": 1}}
    )


def test_a_long_number_in_a_name_is_data():
    found = shape({"find": "o", "filter": {"frozen_1554201224549521160.x": 1, "md5": 2}})
    assert found == ("find", "filter {frozen_?.x: ?, md5: ?}")


SECRET = "correct-horse-battery"
VALUES = st.recursive(
    st.just(SECRET) | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$in", "$gt", "$or", "a", "b.c", "$not", "$oid"]), inner)
    ),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["filter", "pipeline", "query", "u", "q", "updates", "sort"]))
def test_no_text_of_a_value_is_ever_in_a_shape(value, key):
    assert SECRET not in " ".join(shape({"find": "o", key: value}))
    assert SECRET not in " ".join(shape({key: value, "q": value}))


def test_documents_nested_without_end_have_a_shape():
    deep = {"a": 1}
    for _ in range(400):
        deep = {"$and": [deep]}
    assert shape({"find": "o", "filter": deep})[1].endswith("?" + "]}" * 41)
