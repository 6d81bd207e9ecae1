import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.apps.line_kinds import LineKind
from perfkit.formats.requests.apps.matching import matched
from perfkit.formats.requests.apps.values import (
    addresses,
    hosts,
    integers,
    milliseconds,
    request_parts,
    unescaped,
    url_paths,
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("10.0.0.1:5000", "10.0.0.1"), ("10.0.0.1", "10.0.0.1"), ("[::1]:80", "::1"),
        ("[::1]", "::1"), ("::1", "::1"), ("fe80::1:8080", "fe80::1:8080"), ("web:80", "web"),
        (None, None), ("", None),
    ],
)  # fmt: skip
def test_addresses_lose_ports_and_brackets(text, host):
    assert addresses(pa.array([text], pa.string())).to_pylist() == [host]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://u:p@a.b:8443/x?y#z", "a.b:8443", "/x?y"), ("http://a.b:80", "a.b", "/"),
        ("//a.b/x", "a.b", "/x"), ("/x", None, "/x"), (None, None, None),
    ],
)  # fmt: skip
def test_urls_are_divided_and_keep_no_password(url, host, path):
    urls = pa.array([url], pa.string())
    assert hosts(urls).to_pylist() == [host]
    assert url_paths(urls).to_pylist() == [path]


@pytest.mark.parametrize(
    ("line", "method", "path"),
    [
        ("GET /x HTTP/1.1", "GET", "/x"), ('GET /a"b c HTTP/1.1', "GET", '/a"b c'),
        ("OPTIONS * HTTP/1.1", "OPTIONS", "*"), ("GET /x", "GET", "/x"), ("/x", None, "/x"),
        ("CONNECT a.b:443 HTTP/1.1", "CONNECT", "a.b:443"), ("\\x16\\x03", None, None),
        ("-", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_malformed_request_line_has_neither_method_nor_path(line, method, path):
    found = request_parts(pa.array([line]))
    assert (found["method"].to_pylist(), found["path"].to_pylist()) == ([method], [path])


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_an_integer_or_unknown(texts):
    for text, value in zip(texts, integers(pa.array(texts, pa.string())).to_pylist(), strict=True):
        assert value is None or int(text) == value


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1.5ms", 1.5), ("12µs", 0.012), ("12μs", 0.012), ("250ns", 0.00025), ("2s", 2000.0),
        ("1m2.5s", 62_500.0), ("1h0m0s", 3_600_000.0), ("430 msecs", 430.0),
        ("430 micros", 0.43), ("0s", 0.0), ("soon", None),
    ],
)  # fmt: skip
def test_durations_with_units_are_milliseconds(text, ms):
    kind = LineKind(name="x", mark="", pattern="^(?P<duration>.*)$")
    (lines,) = matched(pa.array([text]), [kind])
    (found,) = milliseconds(lines).to_pylist()
    assert found == (None if ms is None else pytest.approx(ms))


def test_backslashes_before_quotes_and_backslashes_are_no_part_of_the_value():
    assert unescaped(pa.array(['a\\"b\\\\c\\n'])).to_pylist() == ['a"b\\c\\n']
