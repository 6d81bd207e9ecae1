from collections import Counter

import pytest

from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.probes.endpoint_profile import Profile
from perfkit.probes.endpoint_recorder import Interval, Recorder
from perfkit.probes.endpoint_tree import Tree
from perfkit.probes.http_text import parse
from perfkit.tasks.endpoint_findings import BLOCK_MS, REPEATS, find

(REQUEST,) = parse("GET http://127.0.0.1:8000/orders/7")
SQL = "select * from items where order_id = 7"
TEXT = fingerprint(SQL)


def at(kind, start, end, where="", *, cpu=0.0, delay=0.0):
    """Return an interval; times are in milliseconds."""
    return Interval(kind, *(int(ms * 1e6) for ms in (start, end, cpu, delay)), where)


def profile(*runs, plain_ms=100.0):
    whole = [Recorder(started=0, ended=10**9, intervals=list(run)) for run in runs]
    return Profile(recorders=whole, plain_ms=[plain_ms] * max(len(runs), 1))


def repeated(*times, ms=2.0):
    runs = [[at("database", n * ms, (n + 1) * ms, SQL) for n in range(count)] for count in times]
    return find(REQUEST, profile(*runs), [Counter({TEXT: count}) for count in times], None)


def blocked(*runs, tree=None):
    return find(REQUEST, profile(*runs), [Counter() for _ in runs], tree)


def test_a_clean_endpoint_has_no_findings():
    assert blocked([at("loop", 0, 10), at("database", 2, 4, SQL)]) == []


def test_a_statement_asked_in_a_loop_is_found_with_its_time():
    (finding,) = repeated(10, 10, 10)
    assert finding.title == (
        "GET /orders/7 runs the same statement 10 times in one request (20 ms in the database)"
    )
    assert finding.saves_ms == 18.0  # nine of ten
    assert finding.severity == "warning"
    assert finding.keys == {"route": "/orders/7", "fingerprint_id": fingerprint_id(TEXT)}
    assert finding.evidence == [{"statement": TEXT, "repeats": 10, "time_ms": 20.0}]


@pytest.mark.parametrize(
    ("repeats", "severities"),
    [
        (REPEATS - 1, []),
        (REPEATS, ["warning"]),
        (4 * REPEATS, ["warning"]),
        (4 * REPEATS + 1, ["critical"]),
    ],
)
def test_more_than_twenty_repeats_are_critical(repeats, severities):
    assert [finding.severity for finding in repeated(repeats)] == severities


def test_the_run_in_the_middle_decides_not_the_one_that_stands_out():
    assert repeated(1, 1, 50) == []
    assert repeated(50, 4) == []  # of two the lower one
    (finding,) = repeated(1, 30, 50)
    assert finding.evidence[0]["repeats"] == 30


def test_a_callback_that_waits_without_the_cpu_blocks_the_loop():
    (finding,) = blocked([at("loop", 0, 80)], tree=Tree(text="", hot_spot="app.py:slow:7"))
    assert finding.rule == "blocked-event-loop"
    assert finding.saves_ms == 80.0
    assert finding.evidence == [
        {"longest_block_ms": 80.0, "inside": None, "where": "app.py:slow:7"}
    ]
    assert finding.title.startswith("GET /orders/7 blocks the event loop for 80 ms (heaviest path")
    assert finding.confidence == "medium"


@pytest.mark.parametrize(
    "callback",
    [
        at("loop", 0, BLOCK_MS),  # exactly the limit
        at("loop", 0, 200, cpu=160),  # it computed
        at("loop", 0, 200, delay=160),  # it waited for a CPU
        at("thread", 0, 200),  # a thread may wait
    ],
)
def test_what_does_not_wait_in_the_loop_is_no_block(callback):
    assert blocked([callback]) == []


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (at("database", 5, 75, SQL), "synchronous SQL"),
        (at("external", 5, 75, "pay.example"), "a synchronous call of pay.example"),
        (at("database", 5, 20, SQL), None),  # too little of the block to blame
        (at("database", 50, 120, SQL), None),  # it goes on after the callback
    ],
)
def test_what_ran_inside_most_of_the_block_is_named(inside, said):
    (finding,) = blocked([at("loop", 0, 80), inside])
    assert finding.evidence[0]["inside"] == said
    assert finding.confidence == ("high" if said else "medium")
    assert said is None or f"for 80 ms with {said}" in finding.title


def test_the_longest_callback_of_each_run_counts_and_the_median_run_decides():
    short, long = [at("loop", 0, 10)], [at("loop", 0, 30), at("loop", 40, 240)]
    assert blocked(short, short, long) == []
    (finding,) = blocked(short, long, long)
    assert finding.saves_ms == 200.0


def test_what_began_after_the_answer_is_not_the_requests_block():
    late = Recorder(started=0, ended=int(50e6), intervals=[at("loop", 60, 500)])
    one = Profile(recorders=[late], plain_ms=[50.0])
    assert find(REQUEST, one, [Counter()], None) == []


@pytest.mark.parametrize(
    ("block_ms", "whole_ms", "found"),
    [(30, 59, True), (30, 60, False), (10, 15, False), (11, 15, True), (51, 10_000, True)],
)
def test_a_short_block_counts_when_it_is_most_of_the_request(block_ms, whole_ms, found):
    one = profile([at("loop", 0, block_ms)], plain_ms=float(whole_ms))
    assert bool(find(REQUEST, one, [Counter()], None)) is found
