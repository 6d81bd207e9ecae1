import pytest

from perfkit.plans import rules
from perfkit.plans.rules.precedence import YIELDS, without_subsumed
from perfkit.results import Finding, Fix


def finding(rule, *nodes):
    evidence = [{"node": node} for node in nodes]
    return Finding(rule=rule, severity="info", title=rule, fix=Fix(text=""), evidence=evidence)


def left(*findings):
    return [found.rule for found in without_subsumed(findings)]


def test_of_two_findings_about_one_node_the_more_exact_stays():
    assert left(finding("slow-seq-scan", 3), finding("leading-wildcard", 3)) == ["leading-wildcard"]
    assert left(finding("leading-wildcard", 3), finding("slow-seq-scan", 3)) == ["leading-wildcard"]


def test_findings_about_other_nodes_stay_beside_each_other():
    both = ["slow-seq-scan", "leading-wildcard"]
    assert left(finding(both[0], 3), finding(both[1], 4)) == both


def test_one_shared_node_of_several_is_enough():
    assert left(finding("top-n-without-index", 1, 2), finding("slow-seq-scan", 2)) == [
        "slow-seq-scan"
    ]


def test_two_findings_of_one_rule_and_rules_without_a_better_one_stay():
    assert left(finding("slow-seq-scan", 1), finding("slow-seq-scan", 1)) == ["slow-seq-scan"] * 2
    assert left(finding("sort-spill", 1), finding("slow-seq-scan", 1)) == [
        "sort-spill", "slow-seq-scan",
    ]  # fmt: skip


def test_findings_without_a_node_are_never_dropped():
    assert left(finding("cache-miss"), finding("slow-seq-scan")) == ["cache-miss", "slow-seq-scan"]


def test_no_rule_yields_to_itself_and_no_two_rules_to_each_other():
    def all_better(rule, seen=()):
        assert rule not in seen, f"{rule} yields to itself over {seen}"
        for better in YIELDS.get(rule, ()):
            all_better(better, (*seen, rule))

    for rule in YIELDS:
        all_better(rule)


@pytest.mark.parametrize(
    "rule", sorted({*YIELDS, *(r for better in YIELDS.values() for r in better)})
)
def test_the_rules_named_exist(rule):
    assert rule in {known.name for known in rules.rules()}
