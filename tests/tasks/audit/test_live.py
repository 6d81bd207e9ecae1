"""What an audit finds on a real server, each fault beside a twin that has none."""

import pytest
import sqlalchemy as sa

import perfkit
from perfkit.lab import server
from perfkit.tasks.index_audit import index_audit

SEARCH = "select * from orders where user_id = %s and status = %s order by created_at desc limit 20"
BY_USER = "select count(*) from orders where user_id = %s and total > 0"
RECENT = "select * from orders where status = %s and created_at > %s"


@pytest.fixture(autouse=True)
def _slow(monkeypatch):
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.05)


def run(engine, *statements):
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        connection.exec_driver_sql("select pg_stat_force_next_flush()")


def rules(result, rule):
    return {f.keys["table"]: f for f in result.findings if f.rule == rule}


FOREIGN = """
create table p (id int primary key); insert into p select generate_series(1, 3000);
create table used (id int primary key, p_id int references p on delete cascade);
create table served (id int primary key, p_id int references p on delete cascade);
create table few (id int primary key, p_id int references p on delete cascade);
create table q (id int primary key); insert into q select generate_series(1, 3000);
create table at_rest (id int primary key, q_id int references q);
create table parted (id int, p_id int references p on delete cascade) partition by range (id);
create table "parted\n1" partition of parted for values from (0) to (1500);
create table parted_2 partition of parted for values from (1500) to (9000);
create index on served (p_id);
insert into used select i, i from generate_series(1, 3000) i;
insert into served select i, i from generate_series(1, 3000) i;
insert into few select i, i from generate_series(1, 30) i;
insert into at_rest select i, i from generate_series(1, 3000) i;
insert into parted select i, i from generate_series(1, 3000) i;
create index used_p_id_idx on used (id) where p_id > 5;
"""


def test_foreign_keys_that_deletes_check_get_an_index_and_others_a_word(audited):
    engine = audited(FOREIGN)
    run(engine, "delete from p where id between 2900 and 2920")
    result = index_audit(engine)
    found = rules(result, "foreign-key-without-index")
    assert set(found) == {"used", "parted", "at_rest"}
    assert "21 rows were deleted from p" in rules(result, "foreign-key-without-index")["used"].title
    assert "at_rest (q_id)" in found["at_rest"].title
    assert "few" not in found["at_rest"].title
    made = [a for a in result.advices if a.do and a.kind == "foreign-key-without-index"]
    for advice in made:
        run(engine, *advice.do.split("\n"))
    again = index_audit(engine)
    assert set(rules(again, "foreign-key-without-index")) == {"at_rest"}
    for advice in made:
        run(engine, *advice.undo.split("\n"))
    assert set(rules(index_audit(engine), "foreign-key-without-index")) == set(found)


TABLES = """
create table crowded (id int primary key, a int, b int) with (fillfactor = 100);
create table indexed (id int primary key, a int, b int) with (fillfactor = 50);
create table roomy (id int primary key, a int, b int) with (fillfactor = 40);
insert into crowded select i, i, i from generate_series(1, 20000) i;
insert into indexed select i, i, i from generate_series(1, 20000) i;
insert into roomy select i, i, i from generate_series(1, 20000) i;
create index crowded_a on crowded (a); create index indexed_b on indexed (b);
create index roomy_a on roomy (a);
create table stale (id int primary key, a int); insert into stale select i, i
from generate_series(1, 20000) i;
create table whole (id int primary key, a int); insert into whole select i, i
from generate_series(1, 20000) i;
create table peeked (id int primary key, a int); insert into peeked select i, i
from generate_series(1, 20000) i;
create table heavy (c0 int, c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int,
                    c9 int, c10 int);
create table heavy_read (like heavy);
do $$ begin for i in 0..10 loop
execute format('create index on heavy (c%s)', i);
execute format('create index on heavy_read (c%s)', i); end loop; end $$;
"""


@pytest.fixture(scope="module")
def used(lab_server):
    """A database whose tables were used: the counters are real ones."""
    admin = sa.create_engine(
        lab_server.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists perfkit_audit_used with (force)")
        connection.exec_driver_sql("create database perfkit_audit_used")
    engine = sa.create_engine(lab_server.url("perfkit_audit_used"), isolation_level="AUTOCOMMIT")
    run(engine, TABLES)
    run(engine, "analyze")
    run(
        engine,
        "update crowded set b = b + 1",
        "update indexed set b = b + 1",
        "update roomy set b = b + 1",
        "update stale set a = a + 1 where id <= 5000",
        *["select count(*) from whole"] * 60,
        *["select * from peeked limit 1"] * 60,
        "insert into heavy select i from generate_series(1, 2000) i",
        "insert into heavy_read select i from generate_series(1, 20) i",
        *["select * from heavy_read limit 1"] * 60,
    )
    run(engine, "analyze crowded, indexed, roomy, heavy, heavy_read")
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database perfkit_audit_used with (force)")


def test_updates_that_are_not_hot_are_told_with_their_cause(used):
    found = rules(index_audit(used), "hot-loss")
    assert set(found) == {"crowded", "indexed"}
    assert "no room" in found["crowded"].fix.text
    assert "SET (fillfactor = 90)" in found["crowded"].fix.snippet
    assert "SET (fillfactor = 100)" in found["crowded"].fix.snippet
    assert "indexed column" in found["indexed"].fix.text
    assert found["indexed"].fix.snippet == ""


def test_stale_statistics_are_told_with_the_statement(used):
    found = rules(index_audit(used), "stale-statistics")
    assert set(found) == {"stale"}
    assert "5,000 rows changed" in found["stale"].title
    assert found["stale"].fix.snippet == "ANALYZE public.stale;"


def test_tables_read_from_end_to_end_are_told_those_that_are_peeked_into_not(used):
    assert set(rules(index_audit(used), "sequential-reads")) == {"whole"}


def test_many_indexes_are_told_where_the_table_is_written_more_than_read(used):
    assert set(rules(index_audit(used), "many-indexes")) == {"heavy"}


def test_what_is_said_of_tables_comes_first_in_the_file_and_runs(used):
    lines = index_audit(used).migration().splitlines()
    active = [line for line in lines if line and not line.startswith("--")]
    assert active[2] == "ANALYZE public.stale;"
    assert any(line.startswith("-- ALTER TABLE public.crowded") for line in lines)
    assert "-- undo: ALTER TABLE public.crowded SET (fillfactor = 100);" in lines


def test_an_index_full_of_air_is_measured_and_rebuilt_and_a_full_one_left_alone(
    audited, monkeypatch
):
    monkeypatch.setattr("perfkit.tasks.audit.bloat.LEAST_BYTES", 300_000)
    engine = audited(
        "create extension pgstattuple; create table airy (id int primary key, k int);"
        "create table full_one (id int primary key, k int);"
        "insert into airy select i, i % 3 from generate_series(1, 60000) i;"
        "insert into full_one select i, i % 3 from generate_series(1, 60000) i;"
        "create index airy_k on airy (k); create index full_k on full_one (k);"
        "delete from airy where id % 10 > 0;"
    )
    result = index_audit(engine)
    rebuild = {a.index: a for a in result.advices if a.action == "rebuild"}
    assert set(rebuild) == {"airy_pkey", "airy_k"}
    assert all("measured by pgstatindex" in advice.reason for advice in rebuild.values())
    before = result.table.set_index("index")["size_bytes"]
    text = result.migration()
    run(engine, *[line for line in text.splitlines() if line.startswith("REINDEX")])
    assert "REINDEX INDEX CONCURRENTLY public.airy_k;" in text
    assert not [a for a in index_audit(engine).advices if a.action == "rebuild"]
    with engine.connect() as connection:
        size = connection.exec_driver_sql("select pg_relation_size('airy_pkey')").scalar_one()
    assert size < 0.5 * before["airy_pkey"]


@pytest.fixture
def recorded(audited, lab_server):
    """Return a function: what a server log holds of some statements, and the engine."""

    def record(*executions, seed=""):
        engine = audited(seed)
        start = lab_server.log_path.stat().st_size
        with engine.connect() as connection:
            connection.exec_driver_sql("set log_min_duration_statement = 0")
            for sql, values, times in executions:
                for _ in range(times):
                    held = connection.exec_driver_sql(sql, values)
                    if held.returns_rows:
                        held.all()
            connection.exec_driver_sql("reset log_min_duration_statement")
        copy = lab_server.home / "h6.log"
        with lab_server.log_path.open("rb") as log:
            log.seek(start)
            copy.write_bytes(log.read())
        return engine, perfkit.load(copy)

    return record


def test_a_recording_is_a_workload_and_its_values_are_used(recorded):
    engine, rec = recorded((SEARCH, (42, "paid"), 8), (BY_USER, (42,), 8))
    result = index_audit(engine, rec=rec, prove=True, expendable=True)
    (row,) = result.table[result.table["action"] == "create"].to_dict("records")
    assert row["columns"] == "user_id, status, created_at DESC"  # serves both
    assert row["calls"] == 16
    assert row["proven"]
    assert "2 slow statements" in row["reason"]
    assert any("of the recording" in line for line in result.checked)


def test_one_execution_is_no_workload(recorded):
    engine, rec = recorded((SEARCH, (42, "paid"), 1))
    result = index_audit(engine, rec=rec)
    assert result.totals["statements"] == 0
    assert result.totals["create"] == 0


def test_a_prefix_is_replaced_rather_than_kept_beside(recorded):
    engine, rec = recorded(
        (SEARCH, (42, "paid"), 8),
        seed="update orders set user_id = 42 where id % 3 = 0;"
        "create index by_user on orders (user_id); create schema other;"
        "create table other.orders (id int primary key, user_id int, a int);"
        "create index by_user on other.orders (user_id);"
        "create index by_user_a on other.orders (user_id, a);",
    )
    result = index_audit(engine, rec=rec, prove=True, expendable=True)
    rows = result.table.set_index(["schema", "index"])
    changed = rows[rows["action"].isin(["create", "replace"])]
    assert list(changed["columns"]) == ["user_id, status, created_at DESC"]
    assert list(changed["action"]) == ["replace"]
    assert rows.loc[("other", "by_user"), "action"] == "drop"  # its namesake elsewhere goes
    (advice,) = [a for a in result.advices if a.action == "replace"]
    before = definitions(engine)
    run(engine, *advice.do.split("\n"))
    names = {row[:2] for row in definitions(engine)}
    assert ("public", "by_user") not in names
    assert ("other", "by_user") in names
    run(engine, *advice.undo.split("\n"))
    assert definitions(engine) == before


def definitions(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "select schemaname, indexname, indexdef from pg_indexes where schemaname !~ '^pg_' "
            "order by 1, 2"
        ).all()


def test_an_index_that_costs_the_inserts_more_than_it_saves_is_not_proposed(recorded):
    insert = "insert into busy (a, b) select %s, i from generate_series(1, 900) i"
    engine, rec = recorded(
        ("select * from busy where a = %s", (77,), 2),
        seed="create table busy (id bigint generated always as identity primary key, a int, b int);"
        "insert into busy (a, b) select i, i from generate_series(1, 9000) i;"
        "create extension if not exists pg_stat_statements; select pg_stat_statements_reset();",
    )
    with engine.connect() as connection:
        for _ in range(6):
            connection.exec_driver_sql("select * from busy where a = %s", (77,)).all()
        for number in range(300):
            connection.exec_driver_sql(insert, (number,))
        connection.exec_driver_sql("analyze busy")
    result = index_audit(engine, prove=True, expendable=True)
    assert not [a for a in result.advices if a.table == "busy" and a.action == "create"]
    assert any("cost the inserts" in note for note in result.caveats)
    assert index_audit(engine, rec=rec, prove=True).totals["create"] == 1


def test_scans_on_a_replica_count(audited, lab_server, tmp_path_factory):
    seed = "create index by_note on orders (note); create index by_total on orders (total);"
    engine = audited(seed)
    home = tmp_path_factory.mktemp("r")
    with server.start(home / "r") as other:
        there = sa.create_engine(other.url("postgres"), isolation_level="AUTOCOMMIT")
        run(
            there,
            "create table orders (id bigint primary key, note text, total int)",
            "insert into orders select i, 'x' || i, i from generate_series(1, 9000) i",
            "create index by_note on orders (note)",
            "analyze",
        )
        run(there, "select * from orders where note = 'x5'")
        result = index_audit(engine, replicas=[there])
        there.dispose()
    drop = result.table[result.table["action"] == "drop"]
    assert list(drop["index"]) == []  # one is read there, the other is not known there
    assert any("not on every" in note for note in result.caveats)
    assert set(index_audit(engine).table["index"]) >= {"by_note", "by_total"}
