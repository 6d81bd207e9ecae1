"""Requests are read as people write them; what cannot be read is one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.probes.http_text import is_request, parse

POST = """\
# a comment
### place an order
# @name order
POST http://127.0.0.1:8000/orders?dry=1 HTTP/1.1
Content-Type: application/json
X-Token: s3cret

{"user_id": 7,

 "note": "a b"}

###
GET localhost:9000/orders
"""


def test_the_http_form_is_read():
    order, orders = parse(POST)
    assert (order.name, order.method, order.host, order.port) == (
        "order",
        "POST",
        "127.0.0.1",
        8000,
    )
    assert order.target == "/orders?dry=1"
    assert order.headers == (("Content-Type", "application/json"), ("X-Token", "s3cret"))
    assert order.body == b'{"user_id": 7,\n\n "note": "a b"}'
    assert (orders.name, orders.host, orders.port) == ("GET /orders", "localhost", 9000)


@pytest.mark.parametrize(
    ("text", "method", "target", "port"),
    [
        ("http://127.0.0.1/a b?c".replace(" ", "%20"), "GET", "/a%20b?c", 80),
        ("DELETE https://localhost/x", "DELETE", "/x", 443),
        ("GET http://[::1]:81", "GET", "/", 81),
        ("GET http://localhost/größe#part", "GET", "/gr%C3%B6%C3%9Fe", 80),
        ("GET /orders\nHost: localhost:7000", "GET", "/orders", 7000),
    ],
)
def test_urls_are_read(text, method, target, port):
    (found,) = parse(text)
    assert (found.method, found.target, found.port) == (method, target, port)


def test_a_path_alone_belongs_to_the_given_host():
    (found,) = parse("GET /orders", host="localhost")
    assert (found.host, found.target) == ("localhost", "/orders")


def test_a_curl_line_is_read():
    (found,) = parse(
        "curl -sS 'http://127.0.0.1:8000/orders' -H 'Accept: text/plain' \\\n"
        "  -u me:pw --json '{\"a\": 1}'"
    )
    assert (found.method, found.body) == ("POST", b'{"a": 1}')
    assert dict(found.headers) == {
        "Accept": "text/plain",
        "Authorization": "Basic bWU6cHc=",
        "Content-Type": "application/json",
    }


def test_same_names_are_told_apart_by_their_query():
    names = [one.name for one in parse("GET http://a/x?1\n###\nGET http://a/x?2\n###\nhttp://a/y")]
    assert names == ["GET /x?1", "GET /x?2", "GET /y"]
    assert [one.name for one in parse("GET http://a/x?1&token=a")] == ["GET /x"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "GET",
        "FETCH http://a/",
        "GET ftp://a/",
        "GET http://a:99999/",
        "GET http://a:port/",
        "GET http://[::1/",
        "GET http:///x",
        "GET http://me:s3cret@127.0.0.1/",
        "GET http://a/\nno header s3cret",
        "GET http://a/\nX: s3cret\x00",
        "POST http://a/\n\n< /etc/passwd",
        "curl http://a/ -K s3cret",
        "curl http://a/ -H",
        "curl 'http://a/",
        "curl -d @/etc/passwd http://a/",
        "curl -X 'GET /s3cret' http://a/",
        "curl -H 'X: a\nY: s3cret' http://a/",
        "GET /orders",
    ],
)
def test_bad_text_is_one_sentence_with_a_hint_and_no_secret(text):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_the_repr_shows_no_header_body_or_query():
    (found,) = parse("POST http://localhost/x?token=s3cret\nAuthorization: s3cret\n\ns3cret")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# c\n\nGET /orders", True),
        ("https://a/", True),
        ("curl http://a/", True),
        ("get = 5", False),
        ("GETTER()", False),
        ("rows = fetch()", False),
        ("", False),
    ],
)
def test_requests_are_told_from_python(text, expected):
    assert is_request(text) is expected


@given(st.text(max_size=200) | st.text("GET http:/[]@:#?\n curl-Xd'\"\\", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        found = parse(text)
    except UsageError:
        return
    for one in found:
        assert one.scheme in {"http", "https"}
        assert one.host
        assert not set(one.target) & set(" \r\n\x00")
        assert all("\n" not in value and "\r" not in value for _, value in one.headers)
