"""Idle transactions: gaps behind BEGIN, counted one by one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digests.executions import executions
from perfkit.analyses.digests.idle import LONG_MS, Idle

BEGINS = {"begin", "start transaction"}
ROWS = st.lists(
    st.tuples(
        st.integers(0, 20_000),  # ms
        st.sampled_from(["begin", "start transaction", "select 1", "beginning"]),
        st.sampled_from(["a", "b", None]),
        st.sampled_from([0.0, 5.0, 1500.0, None]),
    ),
    max_size=25,
    unique_by=lambda row: row[0],
)


def found(table_of, rows):
    names = ("at", "statement", "session_id", "duration_ms")
    return Idle.of(
        executions(table_of([dict(zip(names, row, strict=True)) for row in rows]), ("fingerprint",))
    )


def expected(rows):
    gaps = []
    for session in ("a", "b"):
        mine = sorted((row for row in rows if row[2] == session), key=lambda row: row[0])
        for one, following in pairwise(mine):
            gap = following[0] - one[0] - (one[3] or 0.0)
            if one[1] in BEGINS and gap >= LONG_MS:
                gaps.append(gap)
    return gaps


@given(rows=ROWS)
def test_gaps_are_those_between_a_begin_and_the_next_statement_of_its_session(table_of, rows):
    gaps = expected(rows)
    idle = found(table_of, rows) if rows else Idle()
    assert idle.gaps == len(gaps)
    assert idle.total_ms == pytest.approx(sum(gaps))
    assert idle.longest_ms == pytest.approx(max(gaps, default=0.0))


def test_without_sessions_or_with_samples_nothing_is_said(table_of):
    rows = [{"at": 0, "statement": "begin"}, {"at": 9000, "statement": "select 1"}]
    assert Idle.of(executions(table_of(rows), ("fingerprint",))) == Idle()
    sampled = [row | {"session_id": "a", "weight": 10.0} for row in rows]
    assert Idle.of(executions(table_of(sampled), ("fingerprint",))) == Idle()


def test_parts_add_up():
    parts = [Idle(gaps=1, total_ms=2000.0, longest_ms=2000.0), Idle()]
    parts.append(Idle(gaps=2, total_ms=4000.0, longest_ms=3000.0))
    assert Idle.merged(parts) == Idle(gaps=3, total_ms=6000.0, longest_ms=3000.0)
    assert Idle.merged([]) == Idle()
