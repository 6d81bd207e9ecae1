"""Items of a list are no different things."""

from __future__ import annotations

import numpy as np

from perfkit.analyses.parallel.items import items
from perfkit.analyses.parallel.operations import Operation


def asked(*requests):
    names = sorted({name for request in requests for name in request})
    found = [Operation(f"GET {name}", "http", reads=True, guards=False) for name in names]
    pairs = [(n, names.index(name)) for n, request in enumerate(requests) for name in request]
    request, code = np.array(pairs).T
    return [found[one].name for one in items(found, request, code)]


PEOPLE = [f"users/users/{name}" for name in ("ada", "bob", "cleo", "dan", "eve", "fay")]


def test_five_names_on_one_path_whose_number_differs_are_items():
    assert len(asked(*[PEOPLE[: 4 + n % 3] for n in range(12)])) == 6


def test_a_page_that_always_asks_for_the_same_endpoints_has_no_items():
    assert asked(*[PEOPLE] * 12) == []


def test_four_names_are_too_few():
    assert asked(*[PEOPLE[: 2 + n % 3] for n in range(12)]) == []
