"""A real QueuePool is watched: on SQLite from threads, on PostgreSQL from asyncio."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from perfkit import tables
from perfkit.errors import UsageError
from perfkit.probes import pool_ledger
from perfkit.probes.pool_watch import watch_pool


@pytest.fixture
def make_engine(tmp_path):
    engines = []

    def make(size=2, timeout=5.0, **options):
        pool = {"pool_size": size, "max_overflow": 0, "pool_timeout": timeout}
        pool = pool if "poolclass" not in options else {}
        engine = sa.create_engine(
            f"sqlite:///{tmp_path / 'pool.db'}", **{"poolclass": QueuePool, **pool, **options}
        )
        sa.event.listen(engine, "connect", _with_pause)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.dispose()


def _with_pause(connection, _record):
    connection.create_function("pause", 1, lambda s: (time.sleep(s), 1)[1])


def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def rows(watch, table="checkouts"):
    return watch.recording.arrow(table).to_pylist()


def traces_left(engine):
    owners = (engine, engine.pool, engine.dialect)
    return [name for owner in owners for name in vars(owner) if callable(vars(owner)[name])]


def test_wait_hold_and_busy_are_those_of_a_known_schedule(make_engine):
    engine = make_engine(size=1)
    taken = threading.Event()

    def first():
        with engine.connect() as connection:
            taken.set()
            connection.execute(sa.text("SELECT pause(0.1)"))
            time.sleep(0.2)

    with watch_pool(engine, name="shop") as watch:
        holder = threading.Thread(target=first, name="holder")
        holder.start()
        assert taken.wait(5)
        with engine.connect():
            pass
        holder.join(5)
    one, two = sorted(rows(watch), key=lambda row: row["acquired_at"])
    assert one["pool"] == "shop"
    assert one["worker"] == "holder"
    assert 100 <= one["busy_ms"] < 200
    assert 200 <= one["hold_ms"] - one["busy_ms"] < 300
    assert one["wait_ms"] < 100
    assert 200 < two["wait_ms"] < one["hold_ms"] + 50
    assert two["acquired_at"] >= one["released_at"]
    waited = (two["acquired_at"] - two["requested_at"]) / timedelta(milliseconds=1)
    assert waited == pytest.approx(two["wait_ms"], abs=0.01)
    assert abs(datetime.now(UTC) - one["requested_at"]) < timedelta(seconds=20)


def test_the_stack_ends_at_the_line_that_takes_the_connection(make_engine):
    engine = make_engine()
    with watch_pool(engine) as watch:
        engine.connect().close()
    frames = rows(watch)[0]["stack"].split(";")
    assert frames[-1].startswith("tests/probes/test_pool_watch.py:test_the_stack_ends_at")
    assert len(frames) <= 8


def test_samples_agree_with_the_pool_and_everything_is_counted(make_engine):
    engine = make_engine(size=2)

    def work():
        for _ in range(5):
            with engine.connect():
                time.sleep(0.01)

    with watch_pool(engine, sample_every=0.005) as watch:
        in_threads(6, work)
    samples = rows(watch, "pool_samples")
    assert {row["max_size"] for row in samples} == {2}
    assert max(row["in_use"] for row in samples) == 2
    assert max(row["waiting"] for row in samples) == 4
    last = samples[-1]
    assert (last["requests_total"], last["in_use"], last["waiting"]) == (30, 0, 0)
    checkouts = rows(watch)
    assert len(checkouts) == 30
    assert last["hold_ms_total"] == pytest.approx(sum(row["hold_ms"] for row in checkouts))
    assert last["wait_ms_total"] == pytest.approx(sum(row["wait_ms"] for row in checkouts))


def test_a_time_out_is_counted_and_leaves_nobody_waiting(make_engine):
    engine = make_engine(size=1, timeout=0.1)
    with watch_pool(engine) as watch, engine.connect(), pytest.raises(sa.exc.TimeoutError):
        engine.connect()
    late = [row for row in rows(watch) if row["acquired_at"] is None]
    assert len(late) == 1
    assert 100 <= late[0]["wait_ms"] < 300
    assert late[0]["hold_ms"] is None
    last = rows(watch, "pool_samples")[-1]
    assert (last["timeouts_total"], last["waiting"]) == (1, 0)


def test_an_error_while_connecting_is_passed_on_and_counts_are_right(make_engine):
    engine = make_engine(creator=lambda: 1 / 0)
    with watch_pool(engine, sample_every=0.01) as watch, pytest.raises(ZeroDivisionError):
        engine.connect()
    last = rows(watch, "pool_samples")[-1]
    assert (last["waiting"], last["in_use"], last["timeouts_total"]) == (0, 0, 0)
    assert last["requests_total"] == 1
    assert rows(watch) == []


def test_a_failing_statement_still_counts_as_busy(make_engine):
    engine = make_engine()
    with watch_pool(engine) as watch, engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT pause(0.05) FROM nowhere"))
        connection.execute(sa.text("SELECT pause(0.05)"))
    assert 50 <= rows(watch)[0]["busy_ms"] < 150


def test_nothing_is_left_behind(make_engine):
    engine = make_engine()
    before = traces_left(engine)
    threads = threading.active_count()
    with watch_pool(engine):
        assert traces_left(engine) != before
        engine.dispose()
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    assert traces_left(engine) == before
    assert threading.active_count() == threads
    assert not vars(engine).get("_has_events")  # its own: others may listen to all engines


def test_a_disposed_pool_is_followed(make_engine):
    engine = make_engine()
    with watch_pool(engine, sample_every=0.01) as watch:
        old = engine.connect()
        engine.dispose()
        with engine.connect():
            time.sleep(0.05)
        old.close()
        engine.connect().close()
    assert len(rows(watch)) == 3
    samples = rows(watch, "pool_samples")
    assert max(row["in_use"] for row in samples) == 2
    assert min(row["in_use"] for row in samples) >= 0


def test_forgotten_detached_and_invalidated_connections_are_given_back(make_engine):
    engine = make_engine(size=3)
    with watch_pool(engine) as watch:
        detached = engine.connect()
        detached.detach()
        detached.close()
        gone = engine.connect()
        gone.invalidate()
        gone.close()
        raw = engine.raw_connection()
        del raw
        gc.collect()
        assert len(watch._ledger.held) == 0
    assert len(rows(watch)) == 3


def test_what_is_still_held_at_the_end_is_kept_as_unfinished(make_engine):
    engine = make_engine()
    with watch_pool(engine) as watch:
        leaked = engine.connect()
    leaked.close()
    row = rows(watch)[0]
    assert row["acquired_at"] is not None
    assert row["released_at"] is None
    assert row["hold_ms"] is None


def test_a_connection_taken_before_the_watch_is_no_use_of_it(make_engine):
    engine = make_engine()
    early = engine.connect()
    with watch_pool(engine, sample_every=0.01) as watch:
        time.sleep(0.03)
        early.close()
    assert rows(watch) == []
    assert rows(watch, "pool_samples")[0]["in_use"] == 1


def test_events_are_rows_of_the_tables_and_never_come_from_the_application(make_engine):
    engine = make_engine()
    events, threads = [], set()

    def note(event):
        threads.add(threading.current_thread().name)
        events.append(dict(event))

    with watch_pool(engine, name="shop", on_event=note, sample_every=0.01):
        for _ in range(3):
            engine.connect().close()
        time.sleep(0.05)
        assert threads == {"perfkit-shop"}
    kinds = {"checkout": "checkouts", "pool_sample": "pool_samples"}
    assert [event["event"] for event in events].count("checkout") == 3
    for event in events:
        table = kinds[event.pop("event")]
        known = [name for name in tables.schema(table).names if name in event]
        assert sorted(event) == sorted(known)
        assert tables.from_columns(table, {key: [value] for key, value in event.items()})


@pytest.mark.parametrize("poolclass", [NullPool, StaticPool])
def test_other_kinds_of_pools_have_no_known_limit(make_engine, poolclass):
    engine = make_engine(poolclass=poolclass)
    with watch_pool(engine, sample_every=0.01) as watch:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        time.sleep(0.03)
    assert len(rows(watch)) == 1
    assert rows(watch, "pool_samples")[-1]["max_size"] is None


def test_memory_is_bounded_and_the_recording_says_so(make_engine, monkeypatch):
    monkeypatch.setattr(pool_ledger, "KEPT_ROWS", 10)
    engine = make_engine()
    with watch_pool(engine) as watch:
        for _ in range(25):
            engine.connect().close()
    assert len(rows(watch)) == 10
    assert "15 earlier not" in str(watch.recording.quality[0])


def test_a_checkout_costs_less_than_50_microseconds(make_engine):
    engine = make_engine()

    def per_checkout(count=1000):
        began = time.perf_counter()
        for _ in range(count):
            engine.pool.connect().close()
        return (time.perf_counter() - began) / count

    per_checkout()
    plain = min(per_checkout() for _ in range(5))
    with watch_pool(engine):
        watched = min(per_checkout() for _ in range(5))
    assert watched - plain < 50e-6


def test_the_trace_id_of_the_current_span_is_noted(make_engine):
    from opentelemetry.sdk.trace import TracerProvider

    tracer = TracerProvider().get_tracer("test")
    engine = make_engine()
    with watch_pool(engine) as watch:
        with tracer.start_as_current_span("request") as span:
            engine.connect().close()
        engine.connect().close()
    with_span, without = (row["trace_id"] for row in rows(watch))
    assert with_span == format(span.get_span_context().trace_id, "032x")
    assert without is None


def test_what_is_no_engine_is_refused():
    with pytest.raises(UsageError, match="expected a SQLAlchemy engine, not str"):
        watch_pool("postgresql://user:secret@host/db")


def test_an_interval_of_zero_is_refused(make_engine):
    with pytest.raises(UsageError, match="sample_every"):
        watch_pool(make_engine(), sample_every=0)


def test_an_engine_with_execution_options_is_watched_as_its_parent(make_engine):
    engine = make_engine()
    with watch_pool(engine.execution_options(isolation_level="AUTOCOMMIT")) as watch:
        engine.connect().close()
    assert len(rows(watch)) == 1


@pytest.mark.lab
def test_asyncio_tasks_on_postgresql_are_told_apart(postgres):
    async def serve(engine):
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT pg_sleep(0.05)"))
            await asyncio.sleep(0.1)

    async def run():
        engine = create_async_engine(postgres.url(), pool_size=1, max_overflow=0)
        with watch_pool(engine, sample_every=0.01) as watch:
            await asyncio.gather(*(asyncio.create_task(serve(engine)) for _ in range(3)))
        await engine.dispose()
        return watch

    watch = asyncio.run(run())
    found = sorted(rows(watch), key=lambda row: row["acquired_at"])
    assert len({row["worker"] for row in found}) == 3
    for row in found:
        assert 50 <= row["busy_ms"] < 150
        assert 95 <= row["hold_ms"] - row["busy_ms"] < 200
        assert row["stack"].split(";")[-1].startswith("tests/probes/test_pool_watch.py:serve:")
    for earlier, later in itertools.pairwise(found):
        assert later["acquired_at"] >= earlier["released_at"]
        assert later["wait_ms"] >= earlier["wait_ms"] + 100
    assert 2 in {row["waiting"] for row in rows(watch, "pool_samples")}


@pytest.mark.lab
def test_a_cancelled_task_leaves_nobody_waiting(postgres):
    async def run():
        engine = create_async_engine(postgres.url(), pool_size=1, max_overflow=0)
        with watch_pool(engine, sample_every=0.01) as watch:
            async with engine.connect():
                waiter = asyncio.create_task(engine.connect().start())
                await asyncio.sleep(0.05)
                waiter.cancel()
                await asyncio.wait({waiter}, timeout=5)
        await engine.dispose()
        return watch

    watch = asyncio.run(run())
    last = rows(watch, "pool_samples")[-1]
    assert (last["waiting"], last["in_use"], last["timeouts_total"]) == (0, 0, 0)
    assert len(rows(watch)) == 1
