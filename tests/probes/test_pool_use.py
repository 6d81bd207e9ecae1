import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from perfkit import tables
from perfkit.probes.pool_use import Use


def made_here():
    return Use("main", in_task=False)


def test_a_use_that_is_over_has_all_its_times():
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    one = made_here()
    one.acquired = one.requested + 3_000_000
    one.released = one.acquired + 7_000_000
    one.busy_ns = 2_500_000
    row = one.row()
    assert (row["wait_ms"], row["hold_ms"], row["busy_ms"]) == (3.0, 7.0, 2.5)
    assert row["acquired_at"] - row["requested_at"] == timedelta(milliseconds=3)
    assert row["released_at"] - row["acquired_at"] == timedelta(milliseconds=7)
    assert before <= row["requested_at"] <= datetime.now(UTC)


def test_a_request_that_timed_out_has_a_wait_and_nothing_else():
    one = made_here()
    one.released = one.requested + 30_000_000_000
    row = one.row()
    assert row["wait_ms"] == 30_000
    assert [row[k] for k in ("acquired_at", "released_at", "hold_ms", "busy_ms")] == [None] * 4


def test_a_connection_still_held_has_no_end():
    one = made_here()
    one.acquired = one.requested
    row = one.row()
    assert (row["released_at"], row["hold_ms"], row["wait_ms"], row["busy_ms"]) == (
        None,
        None,
        0,
        0,
    )


def test_a_request_still_waiting_has_waited_an_unknown_time():
    assert (made_here().wait_ns, made_here().hold_ns) == (0, None)


def test_rows_are_rows_of_the_table():
    rows = [made_here().row()]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    assert tables.from_columns("checkouts", columns).num_rows == 1


def test_the_stack_begins_at_the_callers_caller():
    def application():
        return made_here()

    *_, innermost = application().row()["stack"].split(";")
    assert innermost.split(":")[1] == "application"
    assert innermost.startswith("tests/probes/test_pool_use.py:")


def test_the_worker_is_the_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(made_here()), name="worker-7")
    thread.start()
    thread.join(5)
    assert found[0].worker == "worker-7"


@pytest.mark.parametrize(("in_task", "worker"), [(True, "checkout"), (False, "MainThread")])
def test_the_worker_of_an_async_pool_is_the_task(in_task, worker):
    async def main():
        async def ask():
            return Use("main", in_task=in_task)

        return await asyncio.create_task(ask(), name="checkout")

    assert asyncio.run(main()).worker == worker


def test_the_trace_of_the_current_span_is_noted():
    trace = pytest.importorskip("opentelemetry.trace")
    context = trace.SpanContext(0xAB, 0xCD, is_remote=False)
    with trace.use_span(trace.NonRecordingSpan(context)):
        assert made_here().trace_id == f"{0xAB:032x}"
    assert made_here().trace_id is None


def test_the_wall_clock_is_read_once_so_that_a_jump_moves_nothing(monkeypatch):
    one = made_here()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    one.acquired = one.requested + 1_000_000
    row = one.row()
    assert row["acquired_at"] - row["requested_at"] == timedelta(milliseconds=1)
