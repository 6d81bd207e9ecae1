"""The ratio of docs/plans.md, apart from the number of rows: 10 read for each one returned."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.offsets import large_offset


@pytest.mark.parametrize(("rows", "found"), [(1999, False), (2000, True)])
def test_ten_rows_are_read_for_each_of_two_hundred_returned(scans_made, rows, found):
    below = scans_made.node("Index Scan", 80.0, Actual_Rows=rows)
    plan = scans_made("Limit", 80.0, below, Actual_Rows=200)
    assert bool(large_offset(plan, Facts())) is found
