import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.hashes import hash_spill, spilled_joins

QUIET_JOIN = ("enable_mergejoin = off", "enable_nestloop = off", "enable_indexscan = off",
              "enable_indexonlyscan = off")  # fmt: skip


@pytest.fixture
def join(joins_node, joins_tree):
    def plan(ms=80.0, *, batches=4, first=4, planned=1000, **more):
        table = joins_node(
            "Hash", 20.0, rows=1000, planned=planned,
            **{"Hash Batches": batches, "Original Hash Batches": first, "Peak Memory Usage": 1024}
            | more,
        )  # fmt: skip
        outer = joins_node("Seq Scan", 10.0)
        return joins_tree(joins_node("Hash Join", ms, outer, table))

    return plan


@pytest.fixture
def aggregate(joins_node, joins_tree):
    def plan(ms=80.0, kb=10_240, **more):
        root = joins_node(
            "Aggregate", ms, **{"Strategy": "Hashed", "HashAgg Batches": 5,
                                "Peak Memory Usage": 4096, "Disk Usage": kb} | more,
        )  # fmt: skip
        return hash_spill(joins_tree(root), Facts())

    return plan


def test_a_join_in_batches_says_how_large_its_hash_is_and_what_to_try(join):
    (finding,) = hash_spill(join(), Facts())
    assert finding.title.startswith("The hash join takes 70 ms (87.5 % of the time) in 4 batches")
    assert finding.title.endswith("its hash table is some 4.00 MB")
    assert finding.fix.snippet == "SET LOCAL work_mem = '5MB';"  # 4 MB and a fifth
    assert [row["node"] for row in finding.evidence] == [2, 0]


@pytest.mark.parametrize("more", [{"batches": 1}, {"ms": 34.9, "batches": 4}])
def test_joins_in_one_batch_and_short_ones_are_left_alone(join, more):
    plan = join(**more) if "ms" not in more else join(ms=14.9 + 10.0)
    found = spilled_joins(plan)
    assert bool(found) is (more.get("batches") == 4)
    assert spilled_joins(join(ms=4.9)) == []


@pytest.mark.parametrize(
    ("first", "planned", "told"), [(1, 100, True), (4, 100, False), (1, 600, False)]
)
def test_a_hash_that_was_planned_smaller_says_so(join, first, planned, told):
    (finding,) = hash_spill(join(first=first, planned=planned), Facts())
    assert ("were planned" in finding.title) is told


def test_a_shared_hash_table_uses_the_memory_of_all_processes(joins_node, joins_tree):
    table = joins_node("Hash", 20.0, loops=3, **{"Hash Batches": 30, "Peak Memory Usage": 1024,
                                                 "Parallel Aware": True})  # fmt: skip
    low = joins_node("Hash Join", 90.0, joins_node("Seq Scan", 9.0, loops=3), table, loops=3)
    (finding,) = hash_spill(joins_tree(joins_node("Gather", 95.0, low)), Facts())
    assert "'13MB'" in finding.fix.snippet  # 36 MB for three


def test_an_aggregate_on_disk_says_how_much_it_wrote(aggregate):
    (finding,) = aggregate()
    assert "writes 10 MB to disk" in finding.title
    assert finding.fix.snippet == "SET LOCAL work_mem = '35MB';"  # 4 MB and 3 times 10
    assert aggregate(kb=0) == []
    assert aggregate(ms=4.9) == []


def test_what_workers_wrote_counts(aggregate):
    assert "writes 2.00 MB" in aggregate(kb=0, Workers=[{"Disk Usage": 2048}])[0].title


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders o join orders p on p.id = o.id + 1",
        "select o.id from orders o join orders p on p.customer_id = o.customer_id + 1",
        "select total + id, count(*) from orders group by 1",
        "select note || id, count(*) from orders group by 1",
    ],
)
def test_the_memory_proposed_is_enough_on_a_real_server(joins_plan, sql):
    settings = (*QUIET_JOIN, "enable_sort = off", "hash_mem_multiplier = 1")
    plan = joins_plan(sql, "work_mem = '256kB'", *settings)
    (finding,) = hash_spill(plan, Facts())
    assert 0 < finding.saves_ms <= plan.execution_ms
    again = joins_plan(sql, finding.fix.snippet.removeprefix("SET LOCAL ").strip(";"), *settings)
    assert hash_spill(again, Facts()) == []


def test_groups_that_the_planner_takes_for_large_are_said_to_go_to_disk_all_the_same(joins_plan):
    sql = "select id, array_agg(note) from orders group by 1"
    (finding,) = hash_spill(joins_plan(sql, *QUIET_JOIN, "enable_sort = off"), Facts())
    assert "array_agg" in finding.fix.text


def test_a_parallel_hash_join_fits_with_what_was_proposed(joins_plan):
    sql = "select * from orders o join orders p on p.id = o.id + 1"
    settings = (*QUIET_JOIN, "max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0",
                "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0")  # fmt: skip
    (finding,) = hash_spill(joins_plan(sql, "work_mem = '256kB'", *settings), Facts())
    again = joins_plan(sql, finding.fix.snippet.removeprefix("SET LOCAL ").strip(";"), *settings)
    assert hash_spill(again, Facts()) == []
