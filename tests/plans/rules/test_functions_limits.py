"""From how many milliseconds on a function is to blame, and what reading takes off."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.functions import slow_function


@pytest.mark.parametrize(
    ("ms", "read", "found"),
    [
        (20.0, 0, True),
        (19.9, 0, False),
        (30.0, 100, True),  # a tenth of a millisecond each: 10 ms of reading
        (30.0, 101, False),
    ],
)
def test_twenty_milliseconds_beside_what_reading_takes(joins_node, joins_tree, ms, read, found):
    node = joins_node(
        "Seq Scan", ms, rows=10,
        **{"Relation Name": "orders", "Filter": "(price(total) > 5)", "Shared Read Blocks": read},
    )  # fmt: skip
    assert bool(slow_function(joins_tree(node), Facts())) is found
