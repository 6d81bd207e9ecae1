"""The skeleton of Zipkin's spans: endpoints, ids, times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.zipkin_model import Endpoint, endpoint, has_ids, nanoseconds


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"ipv4": "10.0.0.1", "port": 8080}, "10.0.0.1:8080"),
        ({"ipv4": "10.0.0.1"}, "10.0.0.1"),
        ({"ipv6": "::1", "port": 80}, "[::1]:80"),
        ({"ipv6": "::1"}, "::1"),
        ({"ipv4": "10.0.0.1", "ipv6": "::1", "port": 1}, "10.0.0.1:1"),
        ({"port": 80}, None),
        ({"ipv4": "", "port": 80}, None),
        ({"ipv4": "10.0.0.1", "port": 0}, "10.0.0.1"),
        ({}, None),
    ],
)
def test_an_address_has_its_port(told, address):
    assert Endpoint(**told).address == address


@pytest.mark.parametrize(
    "raw",
    [b"null", b"", b"[]", b"7", b'{"port": "x"}', b"\xff", b'{"x":' + b"[" * 100_000,
     b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}"],
)  # fmt: skip
def test_what_is_no_endpoint_says_nothing(raw):
    assert endpoint(raw) == Endpoint()


def test_an_endpoint_may_have_null_anywhere():
    raw = b'{"serviceName": "shop", "ipv4": null, "port": null, "more": {}}'
    assert endpoint(raw) == Endpoint("shop")


@pytest.mark.parametrize(
    ("trace", "own", "expected"),
    [
        ("48485A3953BB6124", "1", True),
        (48485, 1, True),  # digits all the same
        ("a" * 32, "b" * 16, True),
        ("a" * 33, "b", False),
        ("a", "b" * 17, False),
        ("xyz", "b", False),
        ("a", None, False),
        ("", "b", False),
        ({}, "b", False),
    ],
)
def test_ids_are_hexadecimal(trace, own, expected):
    assert has_ids({"traceId": trace, "id": own}) is expected


def test_without_ids_it_is_no_span():
    assert not has_ids({})


@pytest.mark.parametrize(
    ("us", "ns"),
    [(1, 1000), ("7", 7000), (1.6, 2000), ("1790000000000000", 1790000000000000000),
     (9007199254740993, 9007199254740993000), (0, None), (None, None), ("", None), ("x", None),
     (-1, None), (float("inf"), None), (float("nan"), None), ("nan", None), (10**400, None)],
)  # fmt: skip
def test_microseconds_are_exact_or_unknown(us, ns):
    assert nanoseconds(us) == ns


@given(us=st.integers() | st.floats() | st.text(max_size=5))
def test_a_time_fits_the_table(us):
    found = nanoseconds(us)
    assert found is None or 0 < found < 2**63
    if isinstance(us, int) and 0 < us < 2**63 // 1000:
        assert found == us * 1000
