"""Rules that the embedded server cannot be guilty of, and what release 15 prints differently."""

import pytest
import sqlalchemy as sa

from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.writes import wal_full_page_images

SEED = """
create table orders (id int primary key, customer_id int, total int, note text);
insert into orders select i, 1 + (i * 7919::bigint) % 20000, i % 1000, repeat('x', 60)
from generate_series(1, 100000) i;
create table places (id int primary key, kind text, d int);
insert into places select i, case when i % 100 = 0 then 'rare ' || i % 20000 else 'usual' end,
    i % 7 from generate_series(1, 100000) i;
create index on places (kind);
vacuum analyze
"""
SUMS = "select sum(total * 2 + 1), max(length(note) + total) from orders where total % 7 <> 8"
EAGER = ("jit_above_cost = 0", "jit_inline_above_cost = 0", "jit_optimize_above_cost = 0")


@pytest.fixture(scope="session")
def release_15(postgres15):
    """A connection to a database of its own, on a server with full_page_writes and a compiler."""
    admin = sa.create_engine(postgres15, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("create database perfkit_rules")
    engine = sa.create_engine(
        postgres15.set(database="perfkit_rules"),
        isolation_level="AUTOCOMMIT",
        connect_args={"prepare_threshold": None},
    )
    with engine.connect() as connection:
        for statement in SEED.replace("%", "%%").split(";\n"):
            connection.exec_driver_sql(statement)
        yield connection
    engine.dispose()


@pytest.fixture
def plan(release_15):
    def executed(sql, *settings, before=()):
        quiet = ("max_parallel_workers_per_gather = 0", "work_mem = '64MB'")
        for statement in (*(f"set {one}" for one in (*quiet, *settings)), *before, "begin"):
            release_15.exec_driver_sql(statement)
        document = release_15.exec_driver_sql(
            f"explain (analyze, verbose, buffers, settings, wal, format json) {sql}",
            execution_options={"no_parameters": True},
        ).scalar_one()
        for statement in ("rollback", "reset all", "deallocate all"):
            release_15.exec_driver_sql(statement)
        return read_plan(document)

    return executed


def found(plan):
    return [finding.rule for finding in rules.findings(plan)]


def test_compiling_a_short_statement_is_found_and_switched_off_is_gone(release_15, plan):
    if not release_15.exec_driver_sql("select pg_jit_available()").scalar_one():
        pytest.skip("PostgreSQL 15 is installed without its compiler")
    compiled = plan(SUMS, *EAGER)
    (finding,) = rules.findings(compiled)
    assert finding.rule == "jit"
    assert finding.saves_ms <= compiled.execution_ms
    without = plan(SUMS, *EAGER, "jit = off")
    assert found(without) == []
    assert without.execution_ms < compiled.execution_ms - 0.5 * finding.saves_ms


def test_the_first_update_after_a_checkpoint_writes_whole_pages_and_the_second_does_not(
    release_15, plan
):
    update = "update orders set total = total + 1 where id % 10 = 0"
    release_15.exec_driver_sql("checkpoint")
    (finding,) = wal_full_page_images(plan(update, "jit = off"), Facts())
    assert finding.evidence[0]["full_page_images"] >= 1000
    assert "whole pages" in finding.title
    release_15.exec_driver_sql("vacuum full analyze orders")


def test_a_forbidden_node_is_known_by_its_cost(plan):
    off = [f"enable_{kind}scan = off" for kind in ("seq", "index", "bitmap", "indexonly")]
    assert "disabled-node" in found(plan(SUMS, *off, "jit = off"))


def test_a_generic_plan_and_the_parameter_of_an_init_plan_are_told_apart(plan):
    prepared = "prepare one(text) as select d, count(*) from places where kind = $1 group by 1"
    forced = ("plan_cache_mode = force_generic_plan", "jit = off")
    assert "generic-plan" in found(plan("execute one('usual')", *forced, before=[prepared]))
    init = "select d, count(*) from places where kind = (select 'us' || 'ual' || '') group by 1"
    assert "generic-plan" not in found(plan(init, "jit = off"))


def test_a_spilled_sort_is_found_without_io_timing(plan):
    sql = "select * from orders order by note, total"
    spilled = plan(sql, "work_mem = '256kB'", "jit = off")
    assert found(spilled) == ["sort-spill"]
    (finding,) = rules.findings(spilled)
    assert 0 < finding.saves_ms <= spilled.execution_ms
    assert found(plan(sql, "jit = off")) == []
