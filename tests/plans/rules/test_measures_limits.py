"""From which share of the execution on a part explains it: the 25 % of docs/plans.md."""

import pytest

from perfkit.plans.rules.measures import BLOCK, large


@pytest.mark.parametrize(
    ("ms", "whole", "found"),
    [
        (25.0, 100.0, True),
        (24.9, 100.0, False),
        (13.0, 100.0, False),
        (49.0, 100.0, True),
        (5.0, 10.0, True),
        (4.9, 5.0, False),  # nobody waits for it
    ],
)
def test_a_quarter_and_five_milliseconds_are_large(scans_made, ms, whole, found):
    assert large(scans_made("Seq Scan", whole, whole=whole), ms) is found


def test_a_block_has_eight_kilobytes():
    assert BLOCK == 8 * 1024
