"""The classes of a request's time always sum to all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.probes.endpoint_recorder import Interval, Recorder
from perfkit.probes.endpoint_split import split

MS = 1_000_000


def interval(kind, start, end, cpu=0, delay=0):
    return Interval(kind, start * MS, end * MS, cpu * MS, delay * MS)


def divided(*intervals, end=100):
    return split(Recorder(started=0, ended=end * MS, intervals=list(intervals)))


def test_a_request_that_only_waits_is_all_waiting():
    assert divided()["waiting"] == 100


def test_sql_within_a_callback_is_database_and_its_cpu_is_not_pythons():
    found = divided(interval("loop", 0, 100, cpu=60), interval("database", 20, 70, cpu=40))
    assert found["database"] == 50
    assert found["Python (CPU)"] == 20
    assert found["blocking the event loop"] == 30
    assert found["waiting"] == 0


def test_time_without_a_cpu_is_no_block():
    found = divided(interval("loop", 0, 60, cpu=10, delay=45))
    assert found["waiting for a CPU"] == 45
    assert found["blocking the event loop"] == 5
    assert found["waiting"] == 40


def test_a_worker_thread_that_sleeps_is_told_from_one_that_computes():
    found = divided(interval("thread", 10, 90, cpu=30))
    assert found["Python (CPU)"] == 30
    assert found["blocked in a worker thread"] == 50


def test_what_happens_after_the_answer_does_not_count():
    found = divided(interval("thread", 50, 150, cpu=100), interval("loop", 120, 130, cpu=10))
    assert found["Python (CPU)"] == 50
    assert sum(found.values()) == 100


STRETCH = st.builds(
    lambda kind, start, length, cpu, delay: interval(
        kind, start, start + length, min(cpu, length), min(delay, length)
    ),
    st.sampled_from(["loop", "thread", "database", "external"]),
    st.integers(0, 120),
    st.integers(0, 80),
    st.integers(0, 80),
    st.integers(0, 80),
)


@given(st.lists(STRETCH, max_size=12))
def test_classes_sum_to_the_wall_and_none_is_negative(intervals):
    found = divided(*intervals)
    assert sum(found.values()) == pytest.approx(100)
    assert min(found.values()) >= -1e-9
