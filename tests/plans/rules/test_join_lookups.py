import pytest

from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.join_lookups import join_without_index

#: A tree walked downwards: the children of each level are found by reading all nodes.
RECURSIVE = """
CTE Scan on tree  (cost=90000.00..92000.00 rows=1000 width=8) (actual time=0.05..4100.0 rows=900 loops=1)
  CTE tree
    ->  Recursive Union  (cost=0.42..90000.00 rows=1000 width=8) (actual time=0.04..4098.0 rows=900 loops=1)
          ->  Index Scan using nodes_pkey on nodes  (cost=0.42..8.44 rows=1 width=8) (actual time=0.03..0.04 rows=1 loops=1)
                Index Cond: (id = 1)
          ->  Hash Join  (cost=0.33..8000.00 rows=100 width=8) (actual time=150.0..340.0 rows=75 loops=12)
                Hash Cond: (n.parent_id = t.id)
                ->  Seq Scan on nodes n  (cost=0.00..7000.00 rows=400000 width=8) (actual time=0.01..180.0 rows=400000 loops=12)
                ->  Hash  (cost=0.20..0.20 rows={expected} width=8) (actual time=0.1..0.1 rows=75 loops=12)
                      ->  WorkTable Scan on tree t  (cost=0.00..0.20 rows={expected} width=8) (actual time=0.01..0.05 rows=75 loops=12)
Execution Time: 4101.0 ms
"""  # noqa: E501 - as the server prints it


def found(plan, facts=None):
    return join_without_index(plan, facts or Facts())


def test_a_table_read_again_for_each_level_of_a_tree_gets_an_index_on_the_parent():
    (finding,) = found(read_plan(RECURSIVE.format(expected=10)))
    assert "(parent_id)" in finding.fix.snippet
    assert "returns 900 rows" in finding.title
    assert finding.confidence == "low"  # nobody knows which indexes exist


def test_where_many_lookups_were_expected_an_index_may_exist_and_was_not_worth_it():
    assert found(read_plan(RECURSIVE.format(expected=300000))) == []


def test_a_few_accounts_find_their_events_on_a_real_server(scans_plan, scans_facts):
    plan = scans_plan(
        "select count(*) from accounts a join events e on e.account = a.id where a.id < 5"
    )
    known = scans_facts("accounts", "events")
    (finding,) = found(plan, known)
    assert "(account)" in finding.fix.snippet
    assert finding.keys == {"table": "public.events"}
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]
    assert [one.rule for one in rules.findings(plan, known)] == ["join-without-index"]


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from accounts a join events e on e.account = a.id",
        "select count(*) from accounts a join events e on e.code = a.id where a.id < 5",
        "select count(*) from tiny a join accounts e on e.name = a.name where a.id < 5",
    ],
)
def test_joins_that_need_most_rows_or_have_their_index_are_right(scans_plan, scans_facts, sql):
    plan = scans_plan(sql, "work_mem = '64MB'")
    assert found(plan, scans_facts("accounts", "events", "tiny")) == []
