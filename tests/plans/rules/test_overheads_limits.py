"""From how many tables on the time of planning is put down to partitions."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.overheads import planning


@pytest.mark.parametrize(("tables", "joins"), [(12, True), (19, True), (20, False), (30, False)])
def test_twenty_tables_are_partitions_fewer_are_joins(scans_made, tables, joins):
    scans = [scans_made.node("Seq Scan", 0.1, Relation_Name=f"t{n}") for n in range(tables)]
    root = scans_made.node("Append", 5.0, *scans)
    plan = read_plan({"Plan": root, "Planning Time": 50.0, "Execution Time": 5.0})
    (finding,) = planning(plan, Facts())
    assert ("join_collapse_limit" in finding.fix.text) is joins
