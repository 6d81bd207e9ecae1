"""Moments in which the loop was blocked, measured with a ruler of milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.blocks import Blocks
from perfkit.analyses.event_loop import event_loop

MS = 1e6
START = datetime(2026, 3, 1, tzinfo=UTC)
#: (start, length, code) in whole milliseconds
BLOCKS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20), st.sampled_from("abc")))
SPANS = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)), min_size=1, max_size=8)


def blocks(listed):
    ends = np.array([(start + length) * MS for start, length, _ in listed])
    lengths = np.array([float(length) for _, length, _ in listed])
    return Blocks(ends, lengths, [code for *_, code in listed])


def ruler(listed):
    return {ms for start, length, _ in listed for ms in range(start, start + length)}


def within(listed, start, end, code=None):
    return blocks(listed).within(np.array([start * MS]), np.array([end * MS]), code)[0]


@given(BLOCKS, SPANS)
def test_overlapping_blocks_count_each_moment_once(listed, spans):
    starts, ends = (np.array([s[0] * MS for s in spans]), np.array([sum(s) * MS for s in spans]))
    found = blocks(listed).within(starts, ends)
    wanted = [len(ruler(listed) & set(range(s, s + length))) for s, length in spans]
    assert found == pytest.approx(wanted, abs=1e-6)


@given(BLOCKS, SPANS)
def test_what_the_codes_are_blamed_for_adds_up_to_the_whole(listed, spans):
    starts, ends = (np.array([s[0] * MS for s in spans]), np.array([sum(s) * MS for s in spans]))
    known = blocks(listed)
    parts = sum(known.within(starts, ends, code) for code in "abc")
    assert parts == pytest.approx(known.within(starts, ends), abs=1e-6)


@given(BLOCKS.flatmap(lambda listed: st.tuples(st.just(listed), st.permutations(listed))))
def test_the_order_of_reports_does_not_change_the_time_blocked(pair):
    given_order, other = pair
    assert within(given_order, 0, 100) == pytest.approx(within(other, 0, 100), abs=1e-6)


@given(BLOCKS, st.integers(0, 40), st.integers(0, 20), st.integers(0, 20))
def test_two_neighbouring_intervals_have_the_time_of_both(listed, start, first, second):
    middle, end = start + first, start + first + second
    whole = within(listed, start, end)
    parts = within(listed, start, middle) + within(listed, middle, end)
    assert whole == pytest.approx(parts, abs=1e-6)


def test_a_short_block_reported_inside_a_long_one_leaves_the_rest_to_the_long_one():
    listed = [(0, 100, "long"), (40, 10, "short")]
    assert within(listed, 0, 200) == 100
    assert within(listed, 0, 200, "short") == 10
    assert within(listed, 0, 200, "long") == 90


def test_a_code_that_never_blocked_takes_nothing():
    assert within([(0, 10, "a")], 0, 10, "never") == 0.0


def test_without_an_event_loop_analysis_nothing_was_blocked(built):
    from perfkit.analyses.digest import digest

    other = digest(built(queries=[{"statement": "select 1", "duration_ms": 1.0}]))
    for results in ([], [other]):
        none = Blocks.of(results)
        assert none.within(np.array([0.0]), np.array([1e18])).tolist() == [0.0]


def test_the_blocks_of_an_analysis_are_taken_with_the_function_to_blame(built):
    events = [
        {
            "at": START + timedelta(seconds=n),
            "kind": "blocked_loop",
            "duration_ms": 80.0,
            "message": f"shop.report:render:{line}",
        }
        for n, line in enumerate((27, 27, 31))
    ]
    taken = Blocks.of([event_loop(built(events=events))])
    assert set(taken.codes) == {"render (shop.report)"}
    ns = START.timestamp() * 1e9
    found = taken.within(np.array([ns - 1e9]), np.array([ns + 5e9]), "render (shop.report)")
    assert found[0] == pytest.approx(240.0, abs=0.01)
