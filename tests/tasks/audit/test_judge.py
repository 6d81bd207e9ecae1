"""How the parts of an audit fit together, on real servers."""

import time

import pytest

from perfkit.probes.catalog import Index, Key
from perfkit.tasks.audit.drops import drops
from perfkit.tasks.audit.near_misses import near_misses
from perfkit.tasks.index_audit import index_audit

SEARCH = "select * from orders where user_id = %s and status = %s order by created_at desc limit 20"


@pytest.fixture(autouse=True)
def _slow(monkeypatch):
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.05)


def searched(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for number in range(8):
            connection.exec_driver_sql(SEARCH, (number, "paid")).all()


def test_an_index_that_serves_a_foreign_key_too_is_proposed_once(audited):
    engine = audited("create extension if not exists pg_stat_statements;")
    searched(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("alter table orders drop constraint orders_user_id_fkey")
        connection.exec_driver_sql("delete from users where id = 3")
        connection.exec_driver_sql("delete from orders where user_id = 3")
        connection.exec_driver_sql("alter table orders add foreign key (user_id) references users")
        connection.exec_driver_sql("select pg_stat_force_next_flush()")
    created = [a for a in index_audit(engine).advices if a.action == "create"]
    assert [(a.kind, a.columns) for a in created] == [
        ("missing-index", "user_id, status, created_at DESC")
    ]


def test_no_index_has_two_advices_to_act_on(audited):
    engine = audited(
        "create extension if not exists pg_stat_statements; create extension pgstattuple;"
        "create index one on orders (note); create index two on orders (note, total);"
        "create index three on orders (note desc); delete from orders where id % 5 > 0;"
    )
    searched(engine)
    named = [(a.schema, a.index) for a in index_audit(engine).advices if a.index and a.enough]
    assert len(named) == len(set(named))


def test_what_is_said_of_partitions_is_said_once(audited):
    parts = "".join(
        f"create table ev_{n} partition of ev for values from ({n * 5000}) to ({n * 5000 + 5000});"
        for n in range(4)
    )
    engine = audited(f"create table ev (id int, a int) partition by range (id); {parts}")
    with engine.connect() as connection:
        connection.exec_driver_sql("insert into ev select i, i from generate_series(0, 19999) i")
        connection.exec_driver_sql("select pg_stat_force_next_flush()")
    (stale,) = [f for f in index_audit(engine).findings if f.rule == "stale-statistics"]
    assert "3 more partitions of ev" in stale.title
    assert stale.fix.snippet.count("ANALYZE") == 4


def many(tables):
    return [
        Index(
            schema="s", table=f"t{table}", name=f"i{table}_{number}", method="btree", unique=False,
            nulls_not_distinct=False, valid=True, constrained=False, replica_identity=False,
            exclusion=False, supports_foreign_key=False, included=(), predicate="a > 5 AND b",
            keys=tuple(Key(c, 1, 0, 0) for c in "abcd"[: number + 1]), definition="",
            size_bytes=1 << 20, scans=1, last_scan=None,
        )
        for table in range(tables) for number in range(3)
    ]  # fmt: skip


def taken(tables, old):
    indexes = many(tables)
    times = []
    for _ in range(3):
        start = time.process_time()
        found = drops(indexes, old)
        near_misses(indexes, {(d.index.schema, d.index.name) for d in found})
        times.append(time.process_time() - start)
    assert len(found) == 2 * tables
    return min(times)


def test_four_times_the_indexes_take_no_more_than_eight_times_as_long(old):
    assert taken(2000, old) < 8 * taken(500, old) + 0.05
