"""From how many milliseconds on a Gather is said not to pay, or its work to be uneven."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.parallelism import workers


def gathered(node, tree, ms, below, *, loops=3, workers=2, entries=()):
    scan = node("Seq Scan", below, loops=loops, **{"Parallel Aware": True})
    scan["Workers"] = [
        {"Worker Number": n, "Actual Total Time": e, "Actual Loops": 1}
        for n, e in enumerate(entries)
    ]
    return tree(
        node("Gather", ms, scan, **{"Workers Planned": workers, "Workers Launched": workers})
    )


@pytest.mark.parametrize(
    ("ms", "below", "found"),
    [
        (60.0, 15.0, False),  # 15 ms to win, a quarter of it all: what starting workers takes
        (79.9, 20.0, False),
        (80.0, 20.0, True),  # 20 ms
    ],
)
def test_twenty_milliseconds_can_be_won_for_sure(joins_node, joins_tree, ms, below, found):
    assert bool(workers(gathered(joins_node, joins_tree, ms, below), Facts())) is found


@pytest.mark.parametrize(("below", "found"), [(60.0, False), (51.0, False), (49.0, True)])
def test_the_gather_itself_takes_most_of_the_time(joins_node, joins_tree, below, found):
    plan = gathered(joins_node, joins_tree, 100.0, below, loops=1, workers=1)
    assert bool(workers(plan, Facts())) is found


@pytest.mark.parametrize(
    ("slowest", "found"),
    [(70.0, False), (76.0, False), (77.0, True), (90.0, True)],  # the mean is a third of it
)
def test_fifty_milliseconds_are_waited_for_one_process(joins_node, joins_tree, slowest, found):
    each = slowest / 3
    plan = gathered(joins_node, joins_tree, slowest + 1, each, entries=[slowest - 1.0, 0.5])
    assert any("uneven" in f.title for f in workers(plan, Facts())) is found
