import numpy as np
import pyarrow as pa

from perfkit.analyses.slos.behind import Behind
from perfkit.analyses.slos.seen import seen


def blamed(requests, objective, ms, **columns):
    found = seen(requests(ms, **columns))
    asked = objective("p95<200ms")
    return Behind(found).blamed(found.of(0, asked), asked.allowed)


def clients(count, of, rng):
    return np.array([f"192.0.2.{number}" for number in rng.integers(0, of, count)])


def test_one_client_with_most_of_the_excess_is_named(requests, objective):
    rng = np.random.default_rng(1)
    who, ms = clients(2000, 50, rng).astype(object), np.full(2000, 100.0)
    who[::8] = "192.0.2.99"
    ms[::8] = 900.0
    (one,) = blamed(requests, objective, ms, client=who)
    assert (one.by, one.name, one.of) == ("client", "192.0.2.99", 51)
    assert (one.requests, one.over) == (250, 250)
    assert one.excess_share == 1.0
    assert one.request_share == 0.125


def test_where_all_are_alike_nobody_is_named(requests, objective):
    rng = np.random.default_rng(2)
    ms = np.where(rng.random(3000) < 0.12, 900.0, 100.0)
    columns = {"client": clients(3000, 40, rng), "method": rng.choice(["GET", "POST"], 3000)}
    assert blamed(requests, objective, ms, **columns) == []


def test_the_busiest_client_is_not_to_blame_for_being_busy(requests, objective):
    rng = np.random.default_rng(3)
    ms = np.where(rng.random(3000) < 0.12, 900.0, 100.0)
    who = clients(3000, 40, rng)
    who[rng.random(3000) < 0.7] = "192.0.2.99"
    assert blamed(requests, objective, ms, client=who) == []


def test_a_single_client_is_nobody_to_tell_apart(requests, objective):
    assert blamed(requests, objective, [900.0] * 100, client=["192.0.2.1"] * 100) == []


def test_unknown_clients_are_nobody(requests, objective):
    who = pa.array([None if n % 8 == 0 else f"192.0.2.{n % 7}" for n in range(800)])
    ms = [900.0 if n % 8 == 0 else 100.0 for n in range(800)]
    assert blamed(requests, objective, ms, client=who) == []


def test_without_the_column_nobody_is_looked_for(requests, objective):
    assert blamed(requests, objective, [900.0] * 100) == []


def test_a_method_can_stand_out_too(requests, objective):
    methods = ["POST" if n % 5 == 0 else "GET" for n in range(1000)]
    ms = [500.0 if n % 5 == 0 else 50.0 for n in range(1000)]
    (one,) = blamed(requests, objective, ms, method=methods)
    assert (one.by, one.name) == ("method", "POST")
