import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.external.peers import UNKNOWN, is_address, peer_name


@pytest.mark.parametrize(
    ("peer", "url", "kind", "name"),
    [
        ("db:5432", None, "db", "db"),
        ("db:5433", None, "db", "db:5433"),
        ("me:secret@db:5432", None, "db", "db"),
        ("https://me:pw@api.example:443/x?key=1", None, "http", "api.example"),
        (None, "http://stock:8080/items/1", "http", "stock:8080"),
        (None, "/items/1", "http", UNKNOWN),
        (None, None, "db", UNKNOWN),
        ("/home/ada/run/.s.PGSQL.5432", None, "db", "socket .s.PGSQL.5432"),
        ("a\x1b[31m", None, "db", "a\\x1b[31m"),
    ],
)
def test_a_peer_has_no_secrets_and_no_usual_port(peer, url, kind, name):
    assert peer_name(peer, url, kind) == name


@given(st.text(), st.text())
def test_any_text_is_a_name(peer, url):
    assert peer_name(peer, url, "http")


@pytest.mark.parametrize(
    ("peer", "address"),
    [("10.0.0.1", True), ("10.0.0.1:80", True), ("[::1]:80", True), ("stock", False)],
)
def test_addresses_are_told_from_names(peer, address):
    assert is_address(peer) is address
