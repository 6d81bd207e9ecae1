"""The audit on Debian's PostgreSQL 15: hypothetical indexes, an ordinary role, drops tried."""

import pytest
import sqlalchemy as sa

from perfkit.errors import QueryFailed
from perfkit.tasks.index_audit import index_audit

SEED = """
create extension pg_stat_statements; create extension pgstattuple;
create schema hypo; create extension hypopg schema hypo; grant usage on schema hypo to public;
create table orders (id bigint primary key, user_id int not null, status text not null,
                     total int, created_at timestamptz not null, note text);
insert into orders select i, 1 + (i * 7919::bigint) % 2000,
    (array['pending','paid','shipped','done','done'])[1 + (i / 7) % 5], i,
    timestamptz '2025-01-01' + i * interval '1 min', repeat('x', 100) || i
from generate_series(1, 40000) i;
create index by_total on orders (total); create index by_total_too on orders (total, status);
create index by_note on orders (note);
create role ordinary_reader login; grant select on orders to ordinary_reader;
"""
SEARCH = "select * from orders where user_id = %s and status = %s order by created_at desc limit 20"
TOTAL = "select * from orders where total = %s"


@pytest.fixture(scope="module")
def engine(fifteen):
    admin = sa.create_engine(fifteen, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("create database h6")
    plain = sa.create_engine(
        fifteen.set(database="h6"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with plain.connect() as connection:
        connection.exec_driver_sql(SEED.replace("%", "%%"))
        connection.exec_driver_sql("vacuum analyze")
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for number in range(8):
            connection.exec_driver_sql(SEARCH, (number, "paid")).all()
            connection.exec_driver_sql(TOTAL, (number,)).all()
    return plain


@pytest.fixture(autouse=True)
def _slow(monkeypatch):
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.01)


def left(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "select (select count(*) from pg_class), (select count(*) from hypo.hypopg()), "
            "(select count(*) from pg_prepared_statements), (select count(*) from "
            "pg_index where not indisvalid), (select count(*) from pg_stat_activity "
            "where datname = 'h6' and pid <> pg_backend_pid())"
        ).one()


def test_a_missing_index_is_proven_by_a_hypothetical_one_and_nothing_is_left(engine):
    before = left(engine)
    result = index_audit(engine)
    (row,) = result.table[result.table["action"] == "create"].to_dict("records")
    assert row["columns"] == "user_id, status, created_at DESC"
    assert row["proven"]
    assert row["after_cost"] < 0.3 * row["before_cost"]
    assert row["size_bytes"] > 0
    assert "WAL per 1,000 inserts" in row["write_cost"]
    assert row["confidence"] == "medium"
    assert "hypothetical" in row["reason"]
    assert left(engine) == before


def test_that_drops_could_not_be_tried_is_said_once(engine):
    result = index_audit(engine)
    said = [note for note in result.caveats if "HypoPG 1.4" in note]
    assert len(said) == 1
    assert set(result.table["index"]) >= {"by_total", "by_note"}


def test_where_it_is_expendable_each_drop_is_planned_without_the_index(engine):
    before = left(engine)
    result = index_audit(engine, prove=True, expendable=True)
    reasons = {a.index: a.reason for a in result.advices}
    assert " statements planned without it" in reasons["by_total"]
    assert "no plan changes" in reasons["by_note"]
    assert left(engine) == before


def test_an_ordinary_role_audits_and_proves_and_is_told_what_it_does_not_see(engine):
    url = engine.url.set(username="ordinary_reader")
    reader = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with reader.connect() as connection:
        for number in range(8):
            connection.exec_driver_sql(SEARCH, (number, "paid")).all()
    result = index_audit(reader)
    created = result.table[result.table["action"] == "create"]
    assert list(created["columns"]) == ["user_id, status, created_at DESC"]
    assert created["proven"].all()
    assert any("pg_read_all_stats" in note for note in result.caveats)
    assert set(result.table[result.table["action"] == "drop"]["index"]) == {"by_total"}
    assert "by_note" in set(result.table[result.table["action"] == "keep"]["index"])


def test_a_time_out_is_one_sentence_and_leaves_nothing(engine):
    before = left(engine)
    with pytest.raises(QueryFailed):
        index_audit(engine, timeout_s=0.001)
    assert left(engine) == before


def test_statements_of_functions_count_and_utilities_take_no_place(engine):
    with engine.connect() as connection:
        for _ in range(6):
            connection.exec_driver_sql("set track_io_timing = on")
            connection.exec_driver_sql("vacuum orders")
    result = index_audit(engine, limit=2)
    assert result.totals["statements"] == 2
    assert not any("could not be planned" in note for note in result.caveats)
