"""pg_stat_statements of a real server, read as a table."""

import json

import pytest
import sqlalchemy as sa

from perfkit.errors import UsageError
from perfkit.probes.session import rolled_back
from perfkit.probes.statement_snapshot import DEALLOC, RESET, take

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def engine(postgres):
    admin = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists snapshot_probe with (force)")
        connection.exec_driver_sql("create database snapshot_probe")
    admin.dispose()
    engine = sa.create_engine(postgres.url("snapshot_probe"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def taken(engine):
    with rolled_back("snapshot", engine, timeout_s=20) as connection:
        return take("snapshot", connection)


def test_without_the_extension_the_sentence_says_how_to_enable_it(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("drop extension if exists pg_stat_statements")
    with pytest.raises(UsageError, match="not in this database") as caught:
        taken(engine)
    assert "shared_preload_libraries" in caught.value.hint
    assert "CREATE EXTENSION pg_stat_statements" in caught.value.hint


def test_the_view_is_read_in_whatever_schema_it_is(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql('create schema if not exists "Odd ""Schema"')
        connection.exec_driver_sql("drop extension if exists pg_stat_statements")
        connection.exec_driver_sql('create extension pg_stat_statements schema "Odd ""Schema"')
        connection.exec_driver_sql("create table if not exists planted (i int)")
        for number in range(7):
            connection.exec_driver_sql(f"select count(*) from planted where i > {number}")
    found = taken(engine)
    rows = [row for row in found.statements.to_pylist() if "planted where" in row["statement"]]
    assert [row["calls"] for row in rows] == [7]
    assert rows[0]["database"] == "snapshot_probe"
    assert rows[0]["user"]
    assert rows[0]["fingerprint"] == "select count(*) from planted where i > ?"
    assert rows[0]["since"] <= rows[0]["until"]
    assert rows[0]["total_ms"] == pytest.approx(7 * rows[0]["mean_ms"])
    assert json.loads(rows[0]["attributes"])["queryid"]
    names = found.metrics["name"].to_pylist()
    assert names == [DEALLOC, RESET]


def test_its_own_statements_are_not_counted(engine):
    taken(engine)
    statements = taken(engine).statements["statement"].to_pylist()
    assert not [text for text in statements if "perfkit snapshot" in text]


def test_statements_of_others_are_rejected_with_the_reason(engine, postgres):
    with engine.connect() as connection:
        connection.exec_driver_sql("drop role if exists stranger")
        connection.exec_driver_sql("create role stranger login")
        connection.exec_driver_sql('grant usage on schema "Odd ""Schema" to stranger')
    url = sa.make_url(postgres.url("snapshot_probe")).set(username="stranger")
    stranger = sa.create_engine(url)
    found = taken(stranger)
    stranger.dispose()
    assert any("insufficient privilege" in row.reason for row in found.rejected)
    assert "hidden_statements" in {note.kind for note in found.notes}
