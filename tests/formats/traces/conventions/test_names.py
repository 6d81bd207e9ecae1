"""The names are those of the semantic conventions that OpenTelemetry publishes as a package."""

import importlib
import pkgutil

import pytest

from perfkit.formats.traces.conventions.names import _NAMES, place
from perfkit.formats.traces.conventions.systems import _TODAY

attributes = pytest.importorskip("opentelemetry.semconv._incubating.attributes")

#: Namespaces in which others than OpenTelemetry have names too.
_SHARED = ("db.", "http.", "net.", "network.", "rpc.", "messaging.", "peer.", "error", "url.")


def _registry():
    names = set()
    for module in pkgutil.iter_modules(attributes.__path__):
        found = importlib.import_module(f"{attributes.__name__}.{module.name}")
        names |= {value for key, value in vars(found).items() if key.isupper()}
    return {name for name in names if isinstance(name, str)}


def test_every_preferred_name_is_in_the_registry():
    first = {slot: names[0] for slot, names in _NAMES.items()}
    own = {"parameters", "size", "request_id", "aws_service", "aws_operation"}
    unknown = {name for slot, name in first.items() if slot not in own} - _registry()
    assert unknown == {"method", "status", "uri", "url"}


def test_every_renamed_attribute_of_the_columns_is_known():
    old = """db.system db.statement db.name db.user db.operation db.sql.table db.mongodb.collection
        db.cassandra.table db.cosmosdb.container db.redis.database_index http.method
        http.status_code http.url http.target http.client_ip http.response_content_length
        net.peer.name net.peer.port net.peer.ip net.sock.peer.addr net.sock.peer.name
        net.sock.peer.port peer.service rpc.system rpc.service rpc.grpc.status_code
        rpc.connect_rpc.error_code messaging.operation"""
    for name in old.split():
        assert name in _registry()
        assert place(name).rank < 90


def test_systems_get_the_names_of_the_registry():
    from opentelemetry.semconv._incubating.attributes.db_attributes import (
        DbSystemNameValues,
        DbSystemValues,
    )

    today = {value.value for value in DbSystemNameValues}
    assert set(_TODAY.values()) <= today
    renamed = """mssql oracle db2 dynamodb cosmosdb redshift spanner h2 hanadb maxdb firebird
        ingres adabas intersystems_cache informix netezza"""
    assert set(renamed.split()) <= {value.value for value in DbSystemValues}
    assert set(renamed.split()) <= set(_TODAY)


@pytest.mark.parametrize("name", ["context.context.db.statement", "team", "", "db", "meta."])
def test_other_names_mean_nothing(name):
    assert place(name) is None


def test_a_wrapper_around_a_name_is_taken_off_once():
    assert place("meta.http.url") == place("http.url")
    assert place("span.db.statement") == place("db.statement")
    assert place("tags." * 5000 + "http.url") is None
