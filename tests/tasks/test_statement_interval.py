"""Totals at two moments, subtracted: compared with the executions themselves."""

import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.tasks.statement_interval import difference

EMPTY = dict.fromkeys(("rows_examined", "lock_ms", "errors", "p95_ms", "p99_ms", "since", "until"))


def totals(times, *, statement="select ?", queryid=1, **beyond):
    """What pg_stat_statements says after these executions."""
    return EMPTY | {
        "system": "postgresql",
        "database": "shop",
        "user": "app",
        "statement": statement,
        "calls": len(times),
        "total_ms": sum(times),
        "mean_ms": sum(times) / len(times),
        "min_ms": min(times),
        "max_ms": max(times),
        "stddev_ms": statistics.pstdev(times),
        "rows_returned": 2 * len(times),
        "attributes": json.dumps({"queryid": queryid, "toplevel": True, **beyond}).encode(),
    }


TIMES = st.lists(st.floats(0.01, 1000), min_size=1, max_size=30)


@given(TIMES, TIMES)
def test_the_interval_is_what_happened_in_it(before, inside):
    found = difference([totals(before)], [totals(before + inside)], was_reset=False)
    (row,) = found.rows
    assert row["calls"] == len(inside)
    assert row["total_ms"] == pytest.approx(sum(inside), abs=1e-6)
    assert row["mean_ms"] == pytest.approx(statistics.fmean(inside), rel=1e-6, abs=1e-6)
    assert row["stddev_ms"] == pytest.approx(statistics.pstdev(inside), rel=1e-3, abs=0.05)
    assert row["rows_returned"] == 2 * len(inside)
    for name, choose in (("min_ms", min), ("max_ms", max)):
        if row[name] is not None:
            assert row[name] == pytest.approx(choose(inside), abs=1e-6)


def test_a_maximum_before_the_interval_is_not_that_of_the_interval():
    found = difference([totals([9.0, 1.0])], [totals([9.0, 1.0, 2.0, 3.0])], was_reset=False)
    assert found.rows[0]["max_ms"] is None
    assert found.without_extremes == 1
    later = totals([9.0, 1.0, 2.0, 3.0], minmax_stats_since="12:00") | {
        "max_ms": 3.0,
        "min_ms": 2.0,
    }
    found = difference([totals([9.0, 1.0], minmax_stats_since="11:00")], [later], was_reset=False)
    assert (found.rows[0]["min_ms"], found.rows[0]["max_ms"]) == (2.0, 3.0)


def test_a_new_statement_counts_whole_and_an_idle_one_not_at_all():
    old, new = totals([1.0]), totals([2.0, 3.0], statement="select new", queryid=2)
    found = difference([old], [old, new], was_reset=False)
    assert [row["statement"] for row in found.rows] == ["select new"]
    assert (found.matched, found.new, found.gone) == (1, 1, 0)


def test_what_began_anew_counts_since_then():
    found = difference([totals([1.0] * 9)], [totals([2.0] * 4)], was_reset=False)
    assert found.rows[0]["calls"] == 4
    assert found.reset == 1
    since = [totals([1.0], stats_since="a"), totals([1.0] * 3, stats_since="b")]
    assert difference([since[0]], [since[1]], was_reset=False).rows[0]["calls"] == 3
    assert difference([totals([1.0])], [totals([1.0] * 3)], was_reset=True).rows[0]["calls"] == 3


def test_a_statement_that_is_gone_is_counted_as_gone():
    other = totals([1.0], queryid=2)
    assert difference([totals([1.0]), other], [other], was_reset=False).gone == 1


def test_one_statement_of_two_users_or_levels_is_two():
    before = [totals([1.0], userid=10), totals([5.0], userid=11), totals([7.0], toplevel=False)]
    after = [
        totals([1.0] * 2, userid=10),
        totals([5.0] * 3, userid=11),
        totals([7.0] * 4, toplevel=False),
    ]
    assert [row["calls"] for row in difference(before, after, was_reset=False).rows] == [1, 2, 3]


def test_rows_without_an_id_are_matched_by_their_text_and_added_up():
    one = totals([1.0, 3.0]) | {"attributes": None}
    more = totals([1.0, 3.0, 5.0]) | {"attributes": None}
    found = difference([one, one], [more, more], was_reset=False)
    assert [(row["calls"], row["total_ms"], row["stddev_ms"]) for row in found.rows] == [
        (2, 10.0, None)
    ]


def test_counters_in_the_attributes_are_subtracted_and_ids_stay():
    before = totals([1.0], shared_blks_hit=100, wal_bytes=5, mean_plan_time=1.0)
    after = totals([1.0] * 2, shared_blks_hit=150, wal_bytes=5, mean_plan_time=2.0)
    (row,) = difference([before], [after], was_reset=False).rows
    assert json.loads(row["attributes"]) == {
        "queryid": 1,
        "toplevel": True,
        "shared_blks_hit": 50,
        "wal_bytes": 0,
    }


@given(st.binary(max_size=20))
def test_attributes_that_are_no_json_do_no_harm(junk):
    rows = [totals([1.0]) | {"attributes": junk}, totals([1.0] * 2) | {"attributes": junk}]
    assert difference(rows[:1], rows[1:], was_reset=False).rows[0]["calls"] == 1
