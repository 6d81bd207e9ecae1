import pytest
import sqlalchemy as sa

from perfkit.probes.session import rolled_back
from perfkit.probes.slow_statements import workload, writes


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "drop table if exists slow; create table slow (id int primary key, a text);"
            "insert into slow select i, 'a' || i from generate_series(1, 1000) i; analyze slow;"
            "create extension if not exists pg_stat_statements"
        )
        yield engine
        connection.exec_driver_sql("drop table slow")
    engine.dispose()


def run(engine, sql, times=5):
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for _ in range(times):
            connection.exec_driver_sql(sql)


def slow(engine, *, limit=10):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return workload(connection, limit=limit)


@pytest.mark.parametrize(
    ("seconds", "times", "found"), [(0.025, 5, True), (0.025, 4, False), (0, 5, False)]
)
def test_a_millisecond_and_five_calls_make_a_statement_slow(engine, seconds, times, found):
    run(engine, f"select pg_sleep({seconds})", times)
    got = slow(engine)
    assert [one.text for one in got.statements] == ["select pg_sleep($1)"] * found
    assert got.caveats == []
    if found:
        assert got.statements[0].calls == times
        assert got.statements[0].mean_ms >= 25


def test_no_more_than_the_limit_come_the_slowest_in_all_first(engine):
    run(engine, "select pg_sleep(0.021)")
    with engine.connect() as connection:
        for _ in range(5):
            connection.exec_driver_sql("select pg_sleep(0.03), 1")
    assert [one.text for one in slow(engine).statements] == [
        "select pg_sleep($1), $2", "select pg_sleep($1)",
    ]  # fmt: skip
    assert len(slow(engine, limit=1).statements) == 1


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("/* route=/orders */ select pg_sleep(0.004)", 1),
        ("-- orders\nselect pg_sleep(0.004)", 1),
        ("(select pg_sleep(0.004))", 1),
        ("with a as (select pg_sleep(0.004)) select * from a", 1),
        ("do $$ begin perform pg_sleep(0.004); end $$", 0),
        ("explain analyze select pg_sleep(0.004)", 0),
        ("select count(*), pg_sleep(0.004) from pg_catalog.pg_class", 0),
        ("select pg_sleep(0.004) from only information_schema.tables limit 1", 0),
        ("select pg_sleep(0.004) where 1 operator(pg_catalog.=) 1", 1),
    ],
)
def test_only_what_can_be_planned_and_is_not_about_the_catalogue_counts(engine, sql, found):
    run(engine, sql)
    assert len(slow(engine).statements) == found


def test_statements_of_others_are_hidden_and_said(engine):
    run(engine, "select pg_sleep(0.021)")
    with engine.connect() as connection:
        connection.exec_driver_sql("drop role if exists pk_plain")
        connection.exec_driver_sql("create role pk_plain")
    with rolled_back("test", engine, timeout_s=10) as connection:
        connection.exec_driver_sql("set local role pk_plain")
        got = workload(connection, limit=10)
    with engine.connect() as connection:
        connection.exec_driver_sql("drop role pk_plain")
    assert got.statements == []
    assert "pg_read_all_stats" in got.caveats[0]


def test_without_the_extension_the_lines_that_enable_it_are_said(engine):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        connection.exec_driver_sql("drop extension pg_stat_statements")
        got = workload(connection, limit=10)
    assert got.statements == []
    assert "CREATE EXTENSION pg_stat_statements" in got.caveats[0]


def test_an_extension_in_a_schema_of_any_name_is_found(engine):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        connection.exec_driver_sql('create schema "St""at"')
        connection.exec_driver_sql('alter extension pg_stat_statements set schema "St""at"')
        assert workload(connection, limit=10).caveats == []


def test_writes_are_read_with_their_rows_also_behind_comments(engine):
    run(engine, "/* app */ update slow set a = a where id < 4")
    with rolled_back("test", engine, timeout_s=10) as connection:
        (write,) = writes(connection)
    assert (write.calls, write.rows) == (5, 15)


def test_an_extension_older_than_its_server_has_its_own_name_for_the_time(engine):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        connection.exec_driver_sql("drop extension pg_stat_statements")
        connection.exec_driver_sql("create extension pg_stat_statements version '1.7'")
        for _ in range(5):
            connection.exec_driver_sql("select pg_sleep(0.004), 77")
        got = workload(connection, limit=10)
        assert writes(connection) is not None
    assert got.caveats == []
    assert "select pg_sleep($1), $2" in [one.text for one in got.statements]


def test_a_view_that_this_role_may_not_read_is_no_missing_library(engine):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        connection.exec_driver_sql("create role pk_shut")
        connection.exec_driver_sql("create schema shut")
        connection.exec_driver_sql("alter extension pg_stat_statements set schema shut")
        connection.exec_driver_sql("set local role pk_shut")
        got = workload(connection, limit=10)
        assert writes(connection) == []
    assert "GRANT USAGE ON SCHEMA shut" in got.caveats[0]
    assert "not loaded" not in got.caveats[0]
