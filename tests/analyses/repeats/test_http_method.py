import pytest

from perfkit.analyses.repeats.http_method import METHODS, methods


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("GET", b"", "GET"),
        ("get", b"", "GET"),
        ("HTTP PUT", b"", "PUT"),
        ("POST /orders", b'{"http.method": "GET"}', "POST"),
        ("requests.request", b'{"meta": {"http.method": "PUT"}}', "PUT"),
        ("x", b'[{"key": "http.request.method", "value": {"stringValue": "PATCH"}}]', "PATCH"),
        ("x", b'[{"key":"http.method","type":"string","value":"DELETE"}]', "DELETE"),
        ("x", b'{"grpc.method": "POST"}', ""),
        ("x", b'{"http.method": 7, "a": {"b": "GET"}}', "GET"),  # close by: good enough
        ("getter", b"\xff\xfe", ""),
        ("", None, ""),
    ],
)
def test_the_method_is_in_the_name_or_among_the_attributes(table, name, attributes, expected):
    rows = table("spans", [{"name": name, "attributes": attributes}])
    assert METHODS[methods(rows)[0]] == expected


@pytest.mark.timeout(10)
def test_attributes_made_to_be_slow_are_not(table):
    methods(table("spans", [{"name": "x", "attributes": b'"method"' * 200_000}]))
