import math

import numpy as np
import pytest

from perfkit.analyses.compare import compare


def test_the_largest_change_of_total_time_stands_first(requests):
    before = requests({"/a": (200, 10), "/b": (200, 100), "/c": (200, 50)})
    after = requests({"/a": (200, 30), "/b": (200, 50), "/c": (200, 50)}, seed=1)
    assert compare(before, after).arrow["route"].to_pylist() == ["/b", "/a", "/c"]


def test_totals_rates_and_shares_are_those_of_all_rows(requests, by_key):
    status = [500] + [200] * 199
    before = requests({"/a": (200, 10)}, status=status)
    after = requests({"/a": (100, 10), "/b": (100, 10)}, seed=1, status=status)
    row = by_key(compare(before, after))["/a"]
    assert (row["calls_before"], row["n_before"]) == (200, 199)
    assert row["total_before_ms"] == pytest.approx(np.sum(before["duration_ms"]))
    assert row["before_share"] == 1
    assert row["rate_before_per_s"] == pytest.approx(20, rel=0.02)
    per_hour = 3600 * (row["total_after_ms"] - row["total_before_ms"]) / 9.96
    assert row["change_ms_per_h"] == pytest.approx(per_hour, rel=0.01)


def test_without_times_changes_are_sorted_by_the_totals(requests):
    before = requests({"/a": (50, 10), "/b": (50, 100)}).drop_columns(["started_at"])
    after = requests({"/a": (50, 10), "/b": (50, 150)}, seed=1).drop_columns(["started_at"])
    result = compare(before, after)
    assert result.arrow["route"].to_pylist() == ["/b", "/a"]
    assert all(map(math.isnan, result.arrow["change_ms_per_h"].to_pylist()))


def test_requests_without_a_route_are_a_row(requests):
    table = requests({"": (50, 10)}).drop_columns(["route"])
    assert compare(table, table).arrow["route"].to_pylist() == [None]
