import threading
import time
from contextvars import copy_context
from pathlib import Path

import pytest

from perfkit.probes.endpoint_recorder import CURRENT, Interval, Recorder

SCHEDSTAT = Path("/proc/thread-self/schedstat")


def test_a_sleep_takes_time_and_no_cpu():
    recorder = Recorder()
    with recorder.timed("external", "pay.example"):
        time.sleep(0.02)
    (one,) = recorder.intervals
    assert (one.kind, one.where) == ("external", "pay.example")
    assert one.end - one.start >= 19_000_000
    assert one.cpu < 10_000_000
    assert one.delay == 0  # only loops and threads can be kept waiting for a CPU


def test_computing_takes_cpu():
    recorder = Recorder()
    with recorder.timed("thread"):
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
    (one,) = recorder.intervals
    assert 20_000_000 <= one.cpu <= one.end - one.start + 1_000_000
    assert one.delay >= 0


def test_an_interval_is_kept_when_the_block_raises():
    recorder = Recorder()
    with pytest.raises(ValueError, match="inside"), recorder.timed("database", "select 1"):
        raise ValueError("inside")
    assert [one.where for one in recorder.intervals] == ["select 1"]


def test_an_interval_that_never_ends_is_not_recorded():
    recorder = Recorder()
    recorder.begin("database", "select 1")
    assert recorder.intervals == []


def test_intervals_nest():
    recorder = Recorder()
    with recorder.timed("loop"), recorder.timed("database", "x"):
        pass
    inner, outer = recorder.intervals
    assert outer.start <= inner.start <= inner.end <= outer.end


def test_what_began_at_or_after_the_end_belongs_to_nobody():
    kept, late = Interval("loop", 5, 20, 0, 0), Interval("loop", 10, 11, 0, 0)
    recorder = Recorder(started=0, ended=10, intervals=[kept, late, Interval("thread", 1, 2, 0, 0)])
    assert recorder.of("loop") == [kept]
    assert recorder.of("external") == []


def test_threads_append_at_the_same_time_and_lose_nothing():
    recorder = Recorder()

    def work():
        for _ in range(500):
            with recorder.timed("thread"):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(recorder.intervals) == 2000


def test_the_current_recorder_stays_in_its_context():
    recorder = Recorder()
    context = copy_context()
    context.run(CURRENT.set, recorder)
    assert CURRENT.get() is None
    assert context.run(CURRENT.get) is recorder


@pytest.mark.skipif(not SCHEDSTAT.exists(), reason="only Linux tells how long a thread was ready")
def test_the_delay_agrees_with_the_kernels_own_count():
    recorder = Recorder()
    before = int(SCHEDSTAT.read_text().split()[1])
    with recorder.timed("loop"):
        time.sleep(0.001)
    after = int(SCHEDSTAT.read_text().split()[1])
    assert 0 <= recorder.intervals[0].delay <= after - before
