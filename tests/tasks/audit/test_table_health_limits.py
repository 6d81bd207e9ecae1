"""Each threshold of docs/plans.md on tables, from both sides of it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from perfkit.probes.table_states import TableState
from perfkit.tasks.audit.table_health import hot_loss, sequential_reads, stale_statistics

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def state(**more):
    return TableState(**{"schema": "public", "name": "orders", "rows": 100_000.0, **more})


def indexes(count):
    found = [
        SimpleNamespace(name=f"i{n}", columns="c", scans=n, size_bytes=1) for n in range(count)
    ]
    return {("public", "orders"): found}


@pytest.mark.parametrize(
    ("rows", "modified", "analyzed", "found"),
    [
        (500.0, 1000, SINCE, False),
        (500.0, 1001, SINCE, True),
        (500.0, 1999, SINCE, True),
        (None, 999, None, False),
        (None, 1000, None, True),
        (100_000.0, 5000, None, False),  # rows are known: an ANALYZE was, and was forgotten
    ],
)
def test_a_thousand_changed_rows_make_statistics_old(rows, modified, analyzed, found):
    table = state(rows=rows, modified=modified, analyzed=analyzed)
    assert bool(stale_statistics([table])) is found


@pytest.mark.parametrize(
    ("updates", "hot", "found"),
    [
        (9999, 0, False),
        (10_000, 0, True),
        (19_999, 0, True),
        (10_000, 5000, False),
        (10_000, 4999, True),
        (10_000, 2501, True),
    ],
)
def test_half_of_ten_thousand_updates_are_hot(updates, hot, found):
    assert bool(hot_loss([state(updates=updates, hot_updates=hot)], indexes(2))) is found


@pytest.mark.parametrize(("before", "after"), [(100, 90), (60, 50), (55, 50), (50, None)])
def test_room_is_given_in_steps_of_ten_until_half_of_each_page(before, after):
    table = state(updates=20_000, hot_updates=100, new_page_updates=19_000, fillfactor=before)
    (advice,) = hot_loss([table], indexes(2))
    asked = f"ALTER TABLE public.orders SET (fillfactor = {after});" if after else ""
    assert advice.do == asked


@pytest.mark.parametrize(
    ("rows", "scans", "by_index", "found"),
    [
        (10_000, 50, 0, True),
        (9_999, 50, 0, False),
        (19_999, 99, 0, True),
        (10_000, 49, 0, False),
        (10_000, 100, 1800, True),  # 100 of 1,900 scans: 5.3 %
        (10_000, 100, 1900, False),  # 5 %
    ],
)
def test_ten_thousand_rows_fifty_times_and_more_than_a_twentieth(rows, scans, by_index, found):
    table = state(
        rows=float(rows), sequential_scans=scans, sequential_rows=rows * scans,
        index_scans=by_index, index_rows=0,
    )  # fmt: skip
    assert bool(sequential_reads([table])) is found
