import pytest

from perfkit.formats.traces.conventions import category, category_of_type, system_named


@pytest.mark.parametrize(
    ("by", "name", "kind", "statement", "found"),
    [
        ("db", "SELECT shop", "client", True, "db"),
        ("db", "connect", "client", False, "pool"),
        ("db", "pg-pool.connect", "client", False, "pool"),
        ("db", "shop.acquire", "client", True, "db"),
        ("http", "GET /a", "server", False, "app"),
        ("http", "GET", "client", False, "http"),
        ("http", "middleware - query", "internal", False, "app"),
        ("http", "GET /a http send", "internal", False, "http"),
        ("rpc", "shop/Get", "server", False, "app"),
        ("queue", "publish", "producer", False, "queue"),
        (None, "serialize export", "internal", False, "serialize"),
        (None, "render report.html", "internal", False, "template"),
        (None, "HikariDataSource.getConnection", "internal", False, "pool"),
        (None, "work", "internal", False, "other"),
        (None, "work", "server", False, "app"),
        (None, "GET /view/json", "server", False, "app"),
        ("db", "SELECT", "server", True, "db"),
    ],
)
def test_categories(by, name, kind, statement, found):
    assert category(by, name, kind, statement=statement) == found


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("web", None, "app"),
        ("http", None, "http"),
        ("http", "server", "app"),
        ("sql", None, "db"),
        ("redis", "client", "cache"),
        ("queue", "producer", "queue"),
        ("queue", "consumer", "app"),
        ("grpc", "client", "rpc"),
        ("llm", None, "ai"),
        ("db.postgresql.query", None, "db"),
        ("db.redis.query", None, "cache"),
        ("db.sql.active_record", None, "db"),
        ("external.http", None, "http"),
        ("external.grpc.call", None, "rpc"),
        ("storage.s3.GetObject", None, "file"),
        ("messaging.kafka.send", None, "queue"),
        ("template.jinja.render", None, "template"),
        ("view.process_action.action_controller", None, "app"),
        ("http.client", None, "http"),
        ("http.server", None, "app"),
        ("db.connection", None, "pool"),
        ("file.read", None, "file"),
        ("datastore", None, "db"),
        ("DB.MySQL.Query", None, "db"),
        ("custom", None, None),
        ("", None, None),
        (None, None, None),
        ("." * 5000, None, None),
    ],
)
def test_types_of_spans_in_the_words_of_several_vendors(text, kind, found):
    assert category_of_type(text, kind) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Postgres", "postgresql"),
        ("mssql", "microsoft.sql_server"),
        ("sql", None),
        ("couchdb", "couchdb"),
        (" ", None),
        (None, None),
    ],
)
def test_systems_by_their_names_of_today(name, found):
    assert system_named(name) == found
