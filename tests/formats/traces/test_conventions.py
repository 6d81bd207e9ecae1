import pytest

from perfkit.formats.traces.conventions import category, facts


@pytest.mark.parametrize(
    ("attributes", "peer"),
    [
        ({"server.address": "db", "server.port": 5432}, "db:5432"),
        ({"net.peer.name": "db", "net.peer.port": "5432"}, "db:5432"),
        ({"url.full": "http://user:secret@api:8080/x"}, "api:8080"),
        ({"peer.service": "billing"}, "billing"),
        ({"url.full": "http://[broken"}, None),
        ({}, None),
    ],
)
def test_the_peer_never_holds_a_password(attributes, peer):
    assert facts(attributes).peer == peer


@pytest.mark.parametrize(
    ("by", "name", "kind", "statement", "found"),
    [
        ("db", "SELECT shop", "client", True, "db"),
        ("db", "connect", "client", False, "pool"),
        ("db", "pg-pool.connect", "client", False, "pool"),
        ("db", "shop.acquire", "client", True, "db"),
        ("http", "GET /a", "server", False, "app"),
        ("http", "GET", "client", False, "http"),
        ("queue", "publish", "producer", False, "queue"),
        (None, "serialize export", "internal", False, "serialize"),
        (None, "render report.html", "internal", False, "template"),
        (None, "HikariDataSource.getConnection", "internal", False, "pool"),
        (None, "work", "internal", False, "other"),
        (None, "work", "server", False, "app"),
    ],
)
def test_categories(by, name, kind, statement, found):
    assert category(by, name, kind, statement=statement) == found


def test_values_of_odd_types_are_unknown_or_text():
    found = facts({"http.status_code": "many", "http.method": 5, "db.system": "mssql"})
    assert (found.status, found.method, found.system) == (None, "5", "microsoft.sql_server")
    assert facts({"http.response.body.size": float("inf")}).response_bytes is None
