import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.memoize import memoize

LOOPS = ("enable_hashjoin = off", "enable_mergejoin = off", "hash_mem_multiplier = 1")
JOIN = "select count(c.name) from keys k join customers c on c.id = k.{}"


@pytest.fixture
def cache(joins_node, joins_tree):
    def plan(hits, misses, evicted=0, *, ms=100.0, below=0.05, **more):
        low = joins_node("Index Scan", below, loops=max(misses, 1))
        node = joins_node(
            "Memoize", ms, low,
            **{"Cache Key": "o.k", "Cache Hits": hits, "Cache Misses": misses,
               "Cache Evictions": evicted, "Cache Overflows": 0, "Peak Memory Usage": 1024} | more,
        )  # fmt: skip
        outer = joins_node("Seq Scan", 9.0)
        return memoize(joins_tree(joins_node("Nested Loop", 120.0, outer, node)), Facts())

    return plan


@pytest.mark.parametrize(("hits", "found"), [(99, True), (100, False)])
def test_a_cache_that_answers_less_than_a_tenth_is_useless(cache, hits, found):
    got = cache(hits, 1000 - hits, ms=60.0)
    assert [f.saves_ms is not None and "answers" in f.title for f in got] == [True] * found
    assert all("enable_memoize = off" in f.fix.test for f in got)


def test_a_useless_cache_that_costs_nothing_is_left_alone(cache):
    assert cache(0, 1000, ms=54.0) == []
    assert cache(0, 0) == []


@pytest.mark.parametrize(("evicted", "found"), [(600, True), (599, False), (0, False)])
def test_a_cache_that_forgets_a_quarter_of_the_time_is_too_small(cache, evicted, found):
    got = cache(9000, 1000, evicted)  # below: 50 ms of 120 ms
    assert bool(got) is found
    assert all(f.saves_ms == pytest.approx(50.0 * evicted / 1000) for f in got)


def test_a_small_cache_gets_room_for_all_its_misses(cache):
    (finding,) = cache(9000, 1000, 900)
    assert "900 entries were thrown away" in finding.title
    assert finding.fix.snippet == "SET LOCAL work_mem = '11MB';"  # 1 MB holds a tenth


def test_workers_count_as_well(cache):
    assert cache(0, 100, Workers=[{"Cache Hits": 900}]) == []


def test_a_small_cache_fits_with_what_was_proposed_on_a_real_server(joins_plan):
    plan = joins_plan(JOIN.format("many"), "work_mem = '64kB'", *LOOPS)
    (finding,) = memoize(plan, Facts())
    assert "too small" in finding.title
    again = finding.fix.snippet.removeprefix("SET LOCAL ").strip(";")
    assert memoize(joins_plan(JOIN.format("many"), again, *LOOPS), Facts()) == []


def test_a_cache_of_keys_that_hardly_repeat_is_useless_on_a_real_server(joins_plan, monkeypatch):
    # on a quick machine its own time is within the rounding of the times below it
    monkeypatch.setattr("perfkit.plans.rules.memoize.matters", lambda *_: True)
    once = f"{JOIN.format('every')} where k.ctid < '(125, 1)'"
    (finding,) = memoize(joins_plan(once, *LOOPS), Facts())
    assert "answers 0 of" in finding.title


def test_a_cache_that_pays_is_left_alone_on_a_real_server(joins_plan):
    plan = joins_plan(JOIN.format("few"), *LOOPS)
    assert any(node.kind == "Memoize" for node in plan.tree)
    assert memoize(plan, Facts()) == []
