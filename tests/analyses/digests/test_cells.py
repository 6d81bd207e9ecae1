"""Cells of groups and minutes, users, sessions: counted one by one, whole or merged."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digests import cells
from perfkit.analyses.digests.cells import OTHERS, Minutes, Shares, session_counts
from perfkit.analyses.digests.executions import executions

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.one_of(st.none(), st.integers(0, 10**6)),
            "statement": st.sampled_from(["select a", "select b", "select c"]),
            "user": st.sampled_from(["ann", "bob", None]),
            "session_id": st.sampled_from(["1", "2", "3", None]),
            "duration_ms": st.sampled_from([None, 1.0, 10.5]),
        }
    ),
    min_size=1,
    max_size=40,
)


def named(rows):
    return rows.keys["fingerprint"].to_pylist()


@given(rows=ROWS)
def test_calls_and_time_per_minute_are_those_counted_by_hand(table_of, rows):
    taken = executions(table_of(rows), ("fingerprint",))
    minutes = Minutes.of(taken)
    wanted = defaultdict(lambda: [0, 0.0])
    for row in rows:
        if row["at"] is not None:
            cell = wanted[row["statement"], row["at"] // 60_000]
            cell[0] += 1
            cell[1] += row["duration_ms"] or 0.0
    first = 1_767_225_600 // 60
    names = named(taken)
    found = {
        (names[group], period - first): [calls, total]
        for group, period, calls, total in zip(
            minutes.group, minutes.period, minutes.calls, minutes.total_ms, strict=True
        )
    }
    assert found == wanted
    peak = dict(zip(names, minutes.peak(taken.count), strict=True))
    for name in names:
        most = max((cell[0] for (one, _), cell in wanted.items() if one == name), default=np.nan)
        assert peak[name] == pytest.approx(most, nan_ok=True)


@given(rows=ROWS)
def test_calls_per_user_are_those_counted_by_hand(table_of, rows):
    taken = executions(table_of(rows), ("fingerprint",))
    shares = Shares.of(taken, "user")
    names = named(taken)
    found = {
        (names[group], shares.labels[label]): calls
        for group, label, calls in zip(shares.group, shares.label, shares.calls, strict=True)
    }
    assert found == Counter((row["statement"], row["user"]) for row in rows if row["user"])


@given(rows=ROWS)
def test_sessions_are_counted_once_per_statement(table_of, rows):
    taken = executions(table_of(rows), ("fingerprint",))
    counts, sampled = session_counts(taken)
    pairs = {(row["statement"], row["session_id"]) for row in rows if row["session_id"]}
    wanted = Counter(name for name, _ in pairs)
    assert dict(zip(named(taken), counts, strict=True)) == {n: wanted[n] for n in named(taken)}
    assert sampled.count(taken.count).tolist() == counts.tolist()


@given(periods=st.lists(st.integers(0, 500), min_size=1, max_size=60), limit=st.integers(1, 20))
@settings(max_examples=50)
def test_minutes_get_coarser_until_they_fit_and_lose_no_call(periods, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "LIMIT", limit)
        ones = np.ones(len(periods))
        group = np.zeros(len(periods), np.int64)
        part = Minutes(group=group, period=np.array(periods), calls=ones, total_ms=ones)
        merged = Minutes.merged([part], [np.zeros(1, np.int64)])
    assert len(merged.group) <= limit
    level = next(n for n in range(20) if len({period >> n for period in periods}) <= limit)
    assert merged.level == level
    wanted = Counter(period >> level for period in periods)
    assert dict(zip(merged.period, merged.calls, strict=True)) == wanted


def test_beyond_a_thousand_labels_the_least_frequent_are_others():
    labels = tuple(f"user {n:04}" for n in range(1005))
    calls = np.arange(1005, 0, -1).astype(np.float64)
    place, group = np.arange(1005), np.zeros(1005, np.int64)
    part = Shares(labels=labels, group=group, label=place, calls=calls, total_ms=calls)
    merged = Shares.merged([part], [np.zeros(1, np.int64)])
    assert merged.labels == (*labels[:1000], OTHERS)
    assert merged.calls[merged.label == 1000].tolist() == [1 + 2 + 3 + 4 + 5]
    assert merged.calls.sum() == calls.sum()
