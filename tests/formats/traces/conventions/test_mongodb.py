import json

import pytest

from perfkit.formats.traces.conventions.mongodb import command


@pytest.mark.parametrize(
    ("statement", "operation", "collection", "found"),
    [
        ('{"a": "?"}', "find", "orders", {"find": "orders", "filter": {"a": "?"}}),
        ('{"find": "?", "filter": "?"}', "find", "orders", {"find": "orders", "filter": "?"}),
        ('{"find": "orders", "filter": {}}', None, None, {"find": "orders", "filter": {}}),
        ('[{"$match": {}}]', "aggregate", "o", {"aggregate": "o", "pipeline": [{"$match": {}}]}),
        ('{"_id": "?"}', "delete", "o", {"delete": "o", "deletes": [{"q": {"_id": "?"}}]}),
        ("find", None, "orders", {"find": "orders"}),
        ("find orders", None, None, {"find": "orders"}),
        (None, "find", "orders", {"find": "orders"}),
        ("insert [{'a': 1}]", None, "o", {"insert": "o"}),
        ("find {'a': ObjectId('1')}", None, "o", {"find": "o", "filter": {"a": "?"}}),
    ],
)  # fmt: skip
def test_what_instrumentations_write_becomes_a_command(statement, operation, collection, found):
    assert json.loads(command(statement, operation, collection)) == found


@pytest.mark.parametrize("statement", ["", None])
def test_nothing_stays_nothing(statement):
    assert command(statement, None, None) is None


@pytest.mark.parametrize("statement", ['{"a": 1}', "no command at all!", '{"find": "o...'])
def test_what_is_not_understood_comes_back(statement):
    assert command(statement, None, None) == statement
