import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.parallelism import workers

PARALLEL = ("max_parallel_workers_per_gather = 2", "min_parallel_table_scan_size = 0",
            "parallel_setup_cost = 0", "parallel_tuple_cost = 0")  # fmt: skip
SUMS = "select sum(sqrt(total) * ln(id)) from orders"


@pytest.fixture
def gather(joins_node, joins_tree):
    """Return the plan of a Gather (node 0) of ``ms`` over a scan by ``loops`` processes."""

    def plan(ms=100.0, below=95.0, *, planned=2, launched=2, loops=3, entries=None, **more):
        scan = joins_node("Seq Scan", below, loops=loops, **{"Parallel Aware": True})
        if entries is not None:
            scan["Workers"] = [
                {"Worker Number": n, "Actual Total Time": e, "Actual Loops": 1}
                for n, e in enumerate(entries)
            ]
        counts = {"Workers Planned": planned, "Workers Launched": launched}
        return joins_tree(joins_node("Gather", ms, scan, **counts | more))

    return plan


def test_a_gather_with_all_its_workers_is_left_alone(gather):
    assert workers(gather(), Facts()) == []


def test_workers_that_did_not_start_cost_their_share(gather):
    (finding,) = workers(gather(launched=0, loops=1), Facts())
    assert finding.title.startswith("0 of 2 planned workers started")
    assert finding.saves_ms == pytest.approx(95.0 * 2 / 3)
    assert "max_parallel_workers" in finding.fix.test


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"launched": 1, "loops": 2}, True),  # a third of 95 ms
        ({"launched": 7, "planned": 8, "loops": 8}, False),  # a ninth
        ({"ms": 6.0, "below": 5.0, "launched": 0, "loops": 1}, False),
        ({"ms": 9.0, "below": 7.6, "launched": 0, "loops": 1}, True),
        ({"planned": 0, "launched": 0, "loops": 1}, False),
    ],
)
def test_missing_workers_count_where_they_would_have_saved_a_quarter(gather, more, found):
    assert bool(workers(gather(**more), Facts())) is found


@pytest.mark.parametrize(
    ("ms", "below", "found"),
    [
        (100.0, 20.0, True),  # one process alone: 60 ms
        (100.0, 26.7, False),  # 80.1 ms: too little to win
        (100.0, 49.0, False),  # slower without
        (70.0, 16.0, True),
    ],
)
def test_a_gather_that_takes_longer_than_one_process_does_not_pay(gather, ms, below, found):
    got = workers(gather(ms, below), Facts())
    assert [f.fix.snippet for f in got] == (
        ["SET LOCAL max_parallel_workers_per_gather = 0;"] * found
    )
    assert all(f.saves_ms == pytest.approx(ms - 3 * below) for f in got)


@pytest.mark.parametrize(
    ("entries", "loops", "found"),
    [
        ([285.0, 5.0], 3, True),  # the leader: 10 ms; the slowest nearly thrice the mean of 100
        ([95.0, 95.0], 3, False),
        ([190.0, 70.0], 3, False),  # less than twice the mean
        ([5.0], 3, False),  # of two processes none can take twice their mean
        ([], 3, False),
        ([285.0, 15.0], 2, False),  # without leader: 285 of 150
    ],
)
def test_one_process_that_did_twice_the_mean_is_uneven_work(gather, entries, loops, found):
    below = 300.0 / loops if loops == 3 else 150.0
    plan = gather(300.0, below, entries=entries, loops=loops)
    got = [f for f in workers(plan, Facts()) if "uneven" in f.title]
    assert bool(got) is found


def test_late_workers_of_a_quick_statement_are_not_uneven_work(gather):
    assert workers(gather(48.0, 16.0, entries=[1.0, 1.0]), Facts()) == []


def test_missing_workers_are_found_on_a_real_server(joins_plan, joins_found):
    (finding,) = workers(joins_plan(SUMS, *PARALLEL, "max_parallel_workers = 0"), Facts())
    assert finding.title.startswith("0 of 2 planned workers started")
    assert 0 < finding.saves_ms <= finding.evidence[0]["inclusive_ms"]
    assert joins_found(SUMS, *PARALLEL) == []


def test_uneven_work_is_found_on_a_real_server(joins_plan):
    sql = "select count(*) from audited where stall(id)"
    (finding,) = workers(joins_plan(sql, *PARALLEL), Facts())
    assert "the slowest of 3 processes took 3" in finding.title
    assert finding.saves_ms == pytest.approx(200, rel=0.2)
    assert finding.evidence[0]["skew"] == pytest.approx(3, rel=0.25)


def test_a_gather_that_does_not_pay_is_slower_than_without_on_a_real_server(joins_plan):
    sql = "select * from orders"
    plan = joins_plan(sql, *PARALLEL)
    alone = joins_plan(sql)
    for finding in workers(plan, Facts()):
        assert alone.execution_ms < plan.execution_ms
        assert finding.saves_ms < plan.execution_ms
