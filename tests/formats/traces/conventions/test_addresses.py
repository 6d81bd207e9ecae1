"""Where calls go: peers with their ports, and no password anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.conventions.addresses import Url, peer, split


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://api:8080/x?y=1#z", Url("http://api:8080/x?y=1#z", "api:8080", "/x")),
        ("https://api", Url("https://api", "api", None)),
        ("//api/x", Url("//api/x", "api", "/x")),
        ("/orders?a=//b", Url("/orders?a=//b", None, "/orders")),
        ("orders", Url("orders", None, None)),
        ("?a=1", Url("?a=1", None, None)),
        ("", Url("", None, None)),
        ("http:///x", Url("http:///x", None, "/x")),
        ("http://[::1]:80/x", Url("http://[::1]:80/x", "[::1]:80", "/x")),
        ("http://[::1/x", Url("http://[::1/x", None, "/x")),
        ("mailto", Url("mailto", None, None)),
        ("GET http://a/b", Url("GET http://a/b", None, None)),
    ],
)
def test_a_url_is_taken_apart(url, expected):
    assert split(url) == expected


@pytest.mark.parametrize(
    ("url", "text", "authority"),
    [
        ("http://ann:secret@api:8080/x", "http://api:8080/x", "api:8080"),
        ("http://ann:se@cret@api/x", "http://api/x", "api"),
        ("http://secret@api/x?a=b@c", "http://api/x?a=b@c", "api"),
        ("//ann:secret@api", "//api", "api"),
        (
            "postgresql+psycopg://ann:secret@db:5432/shop",
            "postgresql+psycopg://db:5432/shop",
            "db:5432",
        ),
        ("jdbc:postgresql://ann:secret@db:5432/shop", "jdbc:postgresql://db:5432/shop", "db:5432"),
        ("mongodb+srv://ann:secret@a,b/shop", "mongodb+srv://a,b/shop", "a,b"),
        ("ann:secret@db:5432/shop", "db:5432/shop", None),
        (":secret@redis:6379", "redis:6379", None),
    ],
)
def test_user_and_password_are_left_out(url, text, authority):
    found = split(url)
    assert (found.text, found.authority) == (text, authority)


@pytest.mark.parametrize(
    "url", ["/a:b@c", "/users/ann:x@y.org", "a b:c@d", "http://a/b:c@d", "?a:b@c"]
)
def test_an_at_sign_in_a_path_is_no_login(url):
    assert split(url).text == url


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("db", 5432, "db:5432"),
        ("db", None, "db"),
        ("db", 0, "db"),
        ("db:5432", 5432, "db:5432"),
        ("db:5432", 6432, "db:5432"),
        ("::1", 80, "[::1]:80"),
        ("[::1]", 80, "[::1]:80"),
        ("[::1]:80", 80, "[::1]:80"),
        ("fd00::5432", 5432, "[fd00::5432]:5432"),  # it only ends like the port
        ("fd00::1", None, "fd00::1"),
        ("http://ann:secret@api:80/x", 80, "api:80"),
        ("ann:secret@api", 80, "api:80"),
    ],
)
def test_a_host_has_its_port_once(host, port, expected):
    assert peer({"host": host, "port": port}, None) == expected


@pytest.mark.parametrize(
    ("found", "authority", "expected"),
    [
        ({"host": "a", "port": 1, "peer_service": "s"}, "b:2", "a:1"),
        ({"peer_service": "s", "address": "10.0.0.1"}, "b:2", "b:2"),
        ({"peer_service": "s", "address": "10.0.0.1", "port": 9}, None, "s"),
        ({"address": "10.0.0.1", "address_port": 7, "port": 9}, None, "10.0.0.1:7"),
        ({"address": "10.0.0.1", "port": 9, "own_host": "me"}, None, "10.0.0.1:9"),
        ({"own_host": "me"}, None, "me"),
        ({}, None, None),
        ({"host": "", "peer_service": ""}, "", None),
    ],
)
def test_a_name_comes_before_a_service_before_an_address(found, authority, expected):
    assert peer(found, authority) == expected


word = st.text("abcxyz0189", min_size=1, max_size=8)


@given(
    scheme=st.sampled_from(["http://", "//", "jdbc:mysql://", "redis://", ""]),
    user=word,
    host=word,
    rest=st.sampled_from(["", "/", "/x?y=1", ":80/x"]),
)
def test_a_password_is_in_no_part(scheme, user, host, rest):
    found = split(f"{scheme}{user}:PASSWORD@{host}{rest}")
    assert "PASSWORD" not in repr(found)
    assert found.text == f"{scheme}{host}{rest}"
    assert "PASSWORD" not in (
        peer({"host": f"{scheme}{user}:PASSWORD@{host}{rest}", "port": 1}, None) or ""
    )


@given(url=st.text(max_size=40) | st.text("ab:/@[]?#. ", max_size=30))
def test_any_text_is_taken_apart(url):
    found = split(url)
    assert found.path is None or found.path.startswith("/")
    assert found.authority is None or "/" not in found.authority
