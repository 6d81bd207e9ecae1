"""What makes an index read in the order of a LIMIT the wrong one, and not just a poor one."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.index_scans import order_by_limit


def limited(made, removed, kept, kind="Index Scan", ms=80.0, **more):
    scan = made.node(
        kind, ms, Relation_Name="t", Alias="t", Filter="(t.b = 1)", Actual_Rows=kept,
        Rows_Removed_by_Filter=removed, **more,
    )  # fmt: skip
    return made("Limit", ms + 1, scan, Actual_Rows=kept)


@pytest.mark.parametrize(
    ("removed", "kept", "found"),
    [
        (100_000, 1000, True),
        (99_999, 1000, False),
        (50_000, 1000, False),  # fifty for each one
        (6000, 1000, False),  # enough for inefficient-index only
        (999, 0, False),  # a ratio of few rows
        (1000, 0, True),
    ],
)
def test_a_hundred_rows_for_each_one_and_a_thousand_in_all(scans_made, removed, kept, found):
    assert bool(order_by_limit(limited(scans_made, removed, kept), Facts())) is found


@pytest.mark.parametrize("kind", ["Seq Scan", "Bitmap Heap Scan"])
def test_only_an_index_scan_is_in_order(scans_made, kind):
    assert order_by_limit(limited(scans_made, 90_000, 10, kind=kind), Facts()) == []


def test_what_takes_no_time_is_left_alone(scans_made):
    assert order_by_limit(limited(scans_made, 90_000, 10, ms=4.0), Facts()) == []
