"""Which sections of URLs and keys are data, told by how they vary from call to call."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.repeats.calls import Calls, Owners, Target
from perfkit.analyses.repeats.variation import merged

NAMES = ("ada", "bob", "cleo", "dan", "eve", "fay", "gus")


def texts(*requests, cache=False):
    """Return the targets after merging; each request is a list of URLs (or commands)."""
    every = list(dict.fromkeys(text for request in requests for text in request))
    made = [
        Target(fingerprint=text, kind="cache") if cache else Target(url=text, peer="h")
        for text in every
    ]
    owner = [n for n, request in enumerate(requests) for _ in request]
    size = len(owner)
    calls = Calls(
        owner=np.array(owner),
        target=np.array([every.index(text) for request in requests for text in request]),
        start_ms=np.arange(size, dtype=float),
        duration_ms=np.ones(size),
        parent=np.full(size, None),
        raw=np.full(size, None),
        targets=made,
        owners=Owners(
            node=np.arange(len(requests)),
            trace_id=[None] * len(requests),
            route=[None] * len(requests),
            duration_ms=np.ones(len(requests)),
            served=np.ones(len(requests), bool),
        ),
    )
    found = merged(calls)
    assert len(found) == size
    return [found.targets[target].text for target in found.target]


def test_what_follows_a_plural_is_one_of_many():
    urls = [f"GET http://h/users/{name}" for name in NAMES]
    assert set(texts(urls)) == {"GET http://h/users/{...}"}


def test_two_names_in_one_url_are_both_taken_out():
    urls = [f"GET http://h/users/{one}/roles/{two}" for one in NAMES for two in NAMES[::-1]]
    assert set(texts(urls)) == {"GET http://h/users/{...}/roles/{...}"}


@pytest.mark.parametrize("requests", [1, 2, 5])
def test_endpoints_that_every_request_calls_are_no_data(requests):
    urls = [f"GET http://h/api/{name}" for name in NAMES]
    assert texts(*[urls] * requests) == urls * requests


def test_endpoints_below_a_plural_are_told_by_coming_again_in_every_request():
    urls = [f"GET http://h/orders/{name}" for name in ("stats", "open", "late", "paid", "list")]
    assert texts(*[urls] * 3) == urls * 3


def test_values_that_hardly_come_again_are_data_wherever_they_stand():
    requests = [[f"GET http://h/by-name/{name}-{n}x" for name in NAMES] for n in "abc"]
    assert set(texts(*requests)) == {"GET http://h/by-name/{...}"}


def test_methods_hosts_lengths_and_parameters_keep_urls_apart():
    urls = [f"GET http://h/users/{name}" for name in NAMES[:2]]
    urls += [f"PUT http://h/users/{name}" for name in NAMES[2:4]]
    urls += [f"GET http://h/users/{name}?full=*" for name in NAMES[4:]]
    assert texts(urls) == urls


def test_keys_of_one_kind_are_one_command():
    keys = [f"hgetall user:{name}" for name in NAMES]
    assert set(texts(keys, cache=True)) == {"hgetall user:?"}
    assert texts(keys[:4], cache=True) == keys[:4]
    flags = [f"get {name}" for name in NAMES]
    assert texts(flags, cache=True) == flags


def test_fewer_than_five_names_may_be_anything():
    urls = [f"GET http://h/users/{name}" for name in NAMES[:4]]
    assert texts(urls) == urls


CODES = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK")


def test_codes_are_data_even_if_every_request_asks_for_the_same_ones():
    urls = [f"GET http://h/rate/{code}" for code in CODES]
    assert set(texts(*[urls] * 4)) == {"GET http://h/rate/{...}"}
    urls = [f"GET http://h/rate/{code}/today" for code in CODES]
    assert set(texts(*[urls] * 4)) == {"GET http://h/rate/{...}/today"}


def test_codes_one_of_which_goes_on_otherwise_may_be_endpoints():
    urls = [f"GET http://h/rate/{code}" for code in CODES]
    some = [*urls, "GET http://h/rate/EUR/history"]
    assert texts(*[some] * 4) == some * 4
