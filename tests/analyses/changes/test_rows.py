import numpy as np
import pytest

from perfkit.analyses.changes.course import course
from perfkit.analyses.changes.rows import SCHEMA, rows
from perfkit.analyses.changes.series import binned

HOUR = 3600 * 10**9
MONDAY = 1_767_571_200 * 10**9


def told(slow, *, count=6000, hours=4, seed=0, tail=lambda at: 0 * at):
    rng = np.random.default_rng(seed)
    at = np.sort(rng.uniform(0, hours, count))
    slower = rng.uniform(size=count) < 0.1
    logs = 3 + slow(at) + 0.3 * rng.standard_normal(count) + slower * tail(at)
    times = MONDAY + (at * HOUR).astype(np.int64)
    return list(rows(course(binned(times, np.exp(logs)))))


def test_every_row_has_the_columns_of_the_answer():
    for row in told(lambda at: 0.5 * (at > 2)):
        assert set(row) == {name for name, _ in SCHEMA}
        assert row["low_at"] <= row["at"] <= row["high_at"]


def test_p95_follows_where_both_sides_differ():
    assert {row["percentile"] for row in told(lambda at: 0.5 * (at > 2))} == {"p50", "p95"}


def test_a_longer_tail_alone_is_a_change_of_p95_alone():
    found = told(lambda at: 0 * at, tail=lambda at: 1.5 * (at > 2))
    assert [row["percentile"] for row in found if row["change_pct"] > 20] == ["p95"]


def test_less_than_five_per_cent_is_no_news():
    assert not told(lambda at: 0.03 * (at > 2), count=200_000)


def test_up_and_down_again_is_an_episode_but_up_and_further_up_is_not():
    assert {row["kind"] for row in told(lambda at: 0.6 * ((at > 1) & (at < 2)))} == {"episode"}
    stairs = told(lambda at: 0.5 * (at > 1) + 0.5 * (at > 3))
    assert [row["kind"] for row in stairs if row["percentile"] == "p50"] == ["step", "step"]


def test_growth_says_what_it_grew_from_and_to():
    row = next(r for r in told(lambda at: 0.5 * at / 4) if r["percentile"] == "p50")
    assert row["kind"] == "gradual"
    assert row["before_ms"] == pytest.approx(np.exp(3), rel=0.06)
    assert row["change_pct"] == pytest.approx(65, abs=10)
