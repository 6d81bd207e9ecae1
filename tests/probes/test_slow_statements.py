from dataclasses import replace

import pytest
import sqlalchemy as sa

from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.slow_statements import generic_plan, workload


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


@pytest.fixture
def plan(engine):
    def ask(sql, **facts):
        with rolled_back("test", engine, timeout_s=10) as connection:
            found = generic_plan(connection, replace(identify(connection), **facts), sql)
            # the transaction is whole whatever happened
            assert connection.exec_driver_sql("select 1").scalar() == 1
            left = "select count(*) from pg_prepared_statements where name like 'perfkit%%'"
            assert connection.exec_driver_sql(left).scalar() == 0
        return found

    return ask


@pytest.mark.parametrize("number", [180_000, 150_000])
@pytest.mark.parametrize(
    "sql",
    [
        "select * from slow where id = $1",
        "select * from slow where a like 'x%' and id = $1 limit $2;",
        "select 5 % 3, ':no' from slow",
        "update slow set a = $1 where id = $2",
        "with s as (select * from slow) select count(*) from s where a = $1::text",
    ],
)
def test_a_normalised_statement_has_a_plan_on_new_and_old_releases(plan, number, sql):
    found = plan(sql, number=number)
    assert not found.analyzed
    assert any(node.relation == "slow" for node in found.tree)


@pytest.mark.parametrize("number", [180_000, 150_000])
@pytest.mark.parametrize(
    "sql",
    [
        "vacuum slow", "select * from nowhere", "select * from slow where a = ",
        "select 1; drop table slow", "", "select 'cut off", "set work_mem = '1GB'",
    ],
)  # fmt: skip
def test_what_has_no_plan_is_none_and_harms_nothing(plan, sql, number):
    assert plan(sql, number=number) is None


def test_the_drivers_setting_comes_back(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        driver = connection.connection.driver_connection
        generic_plan(connection, identify(connection), "select * from nowhere")
        assert driver.prepare_threshold == 0


def run(engine, sql, times=5):
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for _ in range(times):
            connection.exec_driver_sql(sql)


def slow(engine, *, limit=10):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return workload(connection, limit=limit)


@pytest.mark.parametrize(
    ("seconds", "times", "found"), [(0.025, 5, True), (0.025, 4, False), (0.001, 5, False)]
)
def test_twenty_ms_and_five_calls_make_a_statement_slow(engine, seconds, times, found):
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
