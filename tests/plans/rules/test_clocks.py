import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.clocks import timing_overhead


@pytest.fixture
def limit(joins_node, joins_tree):
    def plan(own=10.0, *, rows=10_000, scan=20.0, kind="Limit", loops=1):
        low = joins_node("Seq Scan", scan / loops, rows=rows, planned=rows, loops=loops)
        root = joins_node(kind, (scan + own) / loops, low, rows=rows, planned=rows, loops=loops)
        return timing_overhead(joins_tree(root), Facts())

    return plan


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),  # a microsecond per row to hand it on
        ({"own": 5.0, "scan": 12.0}, True),
        ({"own": 4.9, "scan": 12.0}, False),
        ({"rows": 9999}, False),  # could be an accident
        ({"rows": 1, "loops": 10_000}, False),  # rounded ten thousand times
        ({"scan": 40.0}, False),  # less than half of the time
        ({"kind": "Sort"}, False),  # works for its rows
    ],
)
def test_a_node_that_only_hands_rows_on_measures_the_clock(limit, more, found):
    assert bool(limit(**more)) is found


def test_the_note_says_up_to_how_much_may_be_the_clock(limit):
    (finding,) = limit()
    assert finding.title.startswith("Up to 66.7 % of 30 ms may be the clock")
    assert "TIMING OFF" in finding.fix.test
    assert (finding.severity, finding.saves_ms) == ("info", None)


def test_a_real_clock_is_not_blamed(joins_found):
    assert joins_found("select * from orders limit 90000") == []
    assert joins_found("select id from orders union all select id from customers") == []
