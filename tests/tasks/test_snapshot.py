"""Two snapshots of a real server, and what happened between them."""

from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from perfkit import tables
from perfkit.errors import NotConnected, UsageError
from perfkit.recording import Recording
from perfkit.tasks.snapshot import interval, snapshot

EXPORT = Path(__file__).parents[1] / "formats" / "statements" / "data" / "pg15.csv"


@pytest.fixture(scope="module")
def engine(lab_server):
    admin = sa.create_engine(lab_server.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists snapshot_task with (force)")
        connection.exec_driver_sql("create database snapshot_task")
    admin.dispose()
    engine = sa.create_engine(lab_server.url("snapshot_task"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("create extension pg_stat_statements")
        connection.exec_driver_sql("create table planted as select generate_series(1, 1000) i")
    yield engine
    engine.dispose()


def count(engine, times, *, table="planted"):
    with engine.connect() as connection:
        for number in range(times):
            connection.exec_driver_sql(f"select count(*) from {table} where i > {number}")


def planted(rec):
    rows = rec.arrow("statement_totals").to_pylist()
    return {row["fingerprint"]: row for row in rows if "planted" in row["fingerprint"]}


@pytest.mark.lab
def test_the_interval_holds_what_was_executed_in_it_and_nothing_else(engine):
    count(engine, 5)
    before = snapshot(engine)
    count(engine, 13)
    with engine.connect() as connection:
        connection.exec_driver_sql("insert into planted select generate_series(1, 7)")
        connection.exec_driver_sql("select pg_sleep(0.03), count(*) as planted")
    after = snapshot(engine)
    rec = interval(before, after)
    found = planted(rec)
    row = found["select count(*) from planted where i > ?"]
    assert row["calls"] == 13
    assert row["rows_returned"] == 13
    assert row["mean_ms"] == pytest.approx(row["total_ms"] / 13)
    assert found["insert into planted select generate_series(?, ?)"]["rows_returned"] == 7
    slept = found["select pg_sleep(?), count(*) as planted"]
    assert slept["min_ms"] == slept["max_ms"] == slept["total_ms"] >= 30
    assert row["since"] < row["until"]
    assert rec.inputs == after.inputs
    assert not {"statistics_reset", "evicted_statements"} & {note.kind for note in rec.quality}


@pytest.mark.lab
def test_a_reset_in_between_is_said_and_counted_since(engine):
    count(engine, 9)
    before = snapshot(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
    count(engine, 4)
    rec = interval(before, snapshot(engine))
    assert planted(rec)["select count(*) from planted where i > ?"]["calls"] == 4
    assert "statistics_reset" in {note.kind for note in rec.quality}


@pytest.mark.lab
def test_snapshots_survive_saving(engine, tmp_path):
    import perfkit

    before = snapshot(engine)
    count(engine, 3)
    after = snapshot(engine)
    for name, rec in (("a", before), ("b", after)):
        rec.save(tmp_path / f"{name}.perfkit")
    loaded = [perfkit.load(tmp_path / f"{name}.perfkit") for name in "ab"]
    assert planted(interval(*loaded)) == planted(interval(before, after))


@pytest.mark.lab
def test_the_server_is_named_and_a_url_is_enough(lab_server, engine):
    rec = snapshot(lab_server.url("snapshot_task"))
    assert "database snapshot_task" in rec.inputs[0].name
    assert rec.inputs[0].lines == rec.inputs[0].used + rec.inputs[0].rejected


def export(calls, total):
    text = EXPORT.read_text()
    head = text.split("\n")[0].split(",")
    values = dict.fromkeys(head, "0") | {
        "query": "select 1",
        "calls": str(calls),
        "total_exec_time": str(total),
        "mean_exec_time": str(total / calls),
        "queryid": "-77",
        "datname": "shop",
        "rolname": "app",
    }
    return f"{','.join(head)}\n{','.join(values[name] for name in head)}\n"


def test_exports_that_were_loaded_go_the_same_way(tmp_path):
    import perfkit

    for name, text in (("a", export(10, 100.0)), ("b", export(25, 400.0))):
        (tmp_path / f"{name}.csv").write_text(text)
    rec = interval(perfkit.load(tmp_path / "a.csv"), perfkit.load(tmp_path / "b.csv"))
    (row,) = rec.arrow("statement_totals").to_pylist()
    assert (row["calls"], row["total_ms"], row["mean_ms"]) == (15, 300.0, 20.0)
    assert "interval_unknown" not in {note.kind for note in rec.quality}


def test_nothing_to_subtract_is_a_sentence():
    with pytest.raises(UsageError, match="first recording holds no totals"):
        interval(Recording(), Recording())


def test_the_wrong_order_is_a_sentence():
    def one(until):
        moment = pa.array([until], pa.int64()).cast(pa.timestamp("ns", "UTC"))
        columns = {"until": moment, "calls": [1], "total_ms": [1.0], "statement": ["x"]}
        return tables.from_columns("statement_totals", columns)

    with pytest.raises(UsageError, match="not later than the first"):
        interval(one(2), one(1))
    assert interval(one(1), one(2)).arrow("statement_totals").num_rows == 0


def test_other_databases_and_asynchronous_engines_are_answered_in_a_sentence():
    with pytest.raises(UsageError, match="snapshot: this is sqlite, only PostgreSQL is supported"):
        snapshot("sqlite://")

    class Asynchronous:
        sync_engine = None

    with pytest.raises(UsageError, match="asynchronous"):
        snapshot(Asynchronous())


def test_a_server_that_is_not_there_is_not_connected():
    with pytest.raises(NotConnected) as caught:
        snapshot("postgresql://app:secret@127.0.0.1:1/shop")
    assert "secret" not in str(caught.value)
