import math
from dataclasses import replace

import numpy as np

from perfkit.analyses.comparing.frequency import frequencies
from perfkit.analyses.comparing.observed import Observed, Side

STEP = 50_000_000


def side(calls_per_request, *, requests=400, seed=0, told=True, every=1.0):
    """Requests 50 ms apart; each makes Poisson many calls of every key."""
    random = np.random.default_rng(seed)
    start = np.arange(requests) * int(STEP * every)
    counts = [random.poisson(mean, requests) for mean in calls_per_request]
    code = np.concatenate([np.full(c.sum(), key) for key, c in enumerate(counts)])
    ns = np.concatenate([np.repeat(start, c) for c in counts])
    rows = len(code)
    return Side(
        code=code.astype(np.int32),
        ms=np.ones(rows),
        ns=ns,
        run=np.zeros(rows, np.int64),
        runs=1,
        status=np.full(rows, np.nan),
        said=np.zeros(rows, np.bool_),
        weight=np.ones(rows),
        served_ns=start if told else None,
        served_run=np.zeros(requests if told else 0, np.int64),
    )


def words(before, after, by="fingerprint"):
    labels = [f"select {key}" for key in range(int(before.code.max()) + 1)]
    return frequencies(Observed(by=by, labels=labels, before=before, after=after))


def test_a_statement_that_requests_make_more_often_is_more_frequent():
    found = words(side([1, 1, 2]), side([1, 4, 0.5], seed=1))
    assert [one.word for one in found] == ["as frequent", "more frequent", "less frequent"]
    assert 3.5 < found[1].ratio < 4.5


def test_more_traffic_is_not_more_frequent():
    found = words(side([1, 3]), side([1, 3], requests=2000, every=0.2, seed=1))
    assert [one.word for one in found] == ["as frequent"] * 2


def test_without_requests_the_other_statements_tell_of_the_traffic():
    quiet = side([1] * 6, told=False)
    busy = side([1, 1, 1, 1, 1, 4], requests=1200, every=1 / 3, told=False, seed=1)
    assert [one.word for one in words(quiet, busy)] == ["as frequent"] * 5 + ["more frequent"]


def test_two_statements_alone_tell_nothing_of_the_traffic():
    found = words(side([1, 1], told=False), side([1, 4], told=False, seed=1))
    assert all(one.word is None and math.isnan(one.ratio) for one in found)


def test_equal_sides_raise_few_false_alarms():
    alarms = sum(
        one.word != "as frequent"
        for seed in range(40)
        for one in words(side([0.05, 0.3, 2], seed=seed), side([0.05, 0.3, 2], seed=seed + 1000))
    )
    assert alarms <= 5


def test_bursts_are_not_taken_for_many_independent_calls():
    # one request in a hundred asks forty times
    alarms = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        sides = [side([1.0], seed=seed + at) for at in (0, 500)]
        for at in (0, 1):
            asks = np.repeat(random.choice(400, 4) * STEP, 40)
            more = np.concatenate((sides[at].ns, asks))
            rows = len(more)
            sides[at] = replace(
                sides[at],
                code=np.concatenate((sides[at].code, np.ones(160, np.int32))),
                ns=more,
                ms=np.ones(rows),
                run=np.zeros(rows, np.int64),
                weight=np.ones(rows),
            )
        alarms += words(*sides)[1].word != "as frequent"
    assert alarms <= 3


def test_of_routes_it_is_not_asked():
    assert words(side([1]), side([9]), by="route")[0].word is None


def test_without_times_nothing_is_known():
    timeless = replace(side([1.0]), ns=np.full(len(side([1.0])), np.iinfo(np.int64).min))
    assert words(timeless, timeless)[0].word is None
