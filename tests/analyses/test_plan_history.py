import numpy as np
import pytest

import perfkit
from perfkit.analyses.plan_history import plan_history
from perfkit.errors import UsageError

INDEX = {
    "Node Type": "Index Scan", "Relation Name": "orders", "Alias": "orders",
    "Index Name": "orders_user", "Index Cond": "(user_id = 1)", "Actual Rows": 30,
    "Actual Loops": 1, "Plan Rows": 30, "Total Cost": 90.0, "Shared Hit Blocks": 33,
    "Shared Read Blocks": 0,
}  # fmt: skip
SEQ = {
    "Node Type": "Seq Scan", "Relation Name": "orders", "Alias": "orders",
    "Filter": "(user_id = 1)", "Rows Removed by Filter": 59970, "Actual Rows": 30,
    "Actual Loops": 1, "Plan Rows": 30, "Total Cost": 1500.0, "Shared Hit Blocks": 750,
    "Shared Read Blocks": 0,
}  # fmt: skip
STATEMENT = "select * from orders where user_id = 1"


def plan(node, ms, **more):
    import json

    return json.dumps(
        {"Query Text": STATEMENT, "Plan": node | {"Actual Total Time": ms} | more}, indent=2
    )


@pytest.fixture
def history(table):
    """Return the history of executions: pairs of a node and its duration, one per second."""

    def made(executions, statement=STATEMENT):
        return plan_history(
            table(
                "plans",
                [
                    {
                        "at": np.datetime64("2026-11-21T10:00:00") + np.timedelta64(n, "s"),
                        "duration_ms": ms,
                        "statement": statement,
                        "plan": plan(node, ms),
                    }
                    for n, (node, ms) in enumerate(executions)
                ],
            )
        )

    return made


def around(ms, count, seed=1):
    return ms * np.exp(0.2 * np.random.default_rng(seed).normal(size=count))


def of(node, ms, count, seed=1):
    return [(node, float(value)) for value in around(ms, count, seed)]


def test_a_flip_that_made_a_statement_slower_is_found_with_its_time_and_cost(history):
    result = history([*of(INDEX, 0.5, 40), *of(SEQ, 20.0, 30, 2)])
    (finding,) = result.findings
    assert finding.rule == "plan-flip"
    assert "another plan since 10:00:40" in finding.title
    assert "Index Scan using orders_user on orders -> Seq Scan on orders" in finding.title
    assert finding.saves_times == 30
    assert 15 < finding.saves_ms < 25
    before, after = finding.evidence
    assert (before["executions"], after["executions"]) == (40, 30)
    assert before["low_ms"] <= before["median_ms"] <= before["high_ms"] < after["low_ms"]
    assert "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);" in finding.fix.snippet
    assert finding.keys["window"] == "2026-11-21T10:00:39+00:00/2026-11-21T10:00:40+00:00"
    assert result.table["change"].tolist() == ["flip", "flip"]
    assert result.table["share"].round(2).tolist() == [0.57, 0.43]


def test_two_shapes_that_are_equally_fast_are_in_the_table_and_no_finding(history):
    result = history([*of(INDEX, 5, 40), *of(SEQ, 5, 40, 2)])
    assert not result.findings
    assert result.table["change"].tolist() == ["one of several"] * 2
    assert "1 had several plans" in result.headline


def test_a_flip_to_a_faster_plan_is_no_finding(history):
    assert not history([*of(SEQ, 20, 40), *of(INDEX, 0.5, 40, 2)]).findings


def test_a_slower_plan_that_returns_as_many_more_rows_is_no_finding(history):
    many = SEQ | {"Actual Rows": 12_000, "Rows Removed by Filter": 48_000}
    assert not history([*of(INDEX, 0.5, 40), *of(many, 30.0, 40, 2)]).findings


def test_too_few_executions_are_said_and_not_judged(history):
    result = history([*of(INDEX, 0.5, 40), *of(SEQ, 20.0, 5, 2)])
    assert not result.findings
    assert any("too few executions" in caveat for caveat in result.caveats)


def test_a_plan_that_alternates_is_told_once_and_the_slower_shape_counts(history):
    random = np.random.default_rng(3)
    executions = [
        of(SEQ, 20.0, 1, n)[0] if random.random() < 0.4 else of(INDEX, 0.5, 1, n)[0]
        for n in range(100)
    ]
    slow = sum(node is SEQ for node, _ in executions)
    (finding,) = history(executions).findings
    assert finding.rule == "unstable-plan"
    assert finding.saves_times == slow
    assert "alternates between plans" in finding.title


def test_back_and_forth_in_long_stretches_is_a_flip_and_not_alternation(history):
    result = history([*of(INDEX, 0.5, 30), *of(SEQ, 20.0, 30, 2), *of(INDEX, 0.5, 30, 3)])
    assert [finding.rule for finding in result.findings] == ["plan-flip"]
    assert result.findings[0].saves_times == 30


@pytest.mark.parametrize(
    ("late", "word"),
    [
        ({"Rows Removed by Filter": 239_970, "Shared Hit Blocks": 3000}, "the data grew"),
        ({"Shared Hit Blocks": 3000}, "dead rows"),
        ({"Shared Hit Blocks": 50, "Shared Read Blocks": 700}, "no longer in shared buffers"),
    ],
)
def test_the_same_plan_that_does_more_is_a_regression_with_its_cause(history, late, word):
    result = history([*of(SEQ, 10, 40), *of(SEQ | late, 40, 40, 2)])
    (finding,) = result.findings
    assert finding.rule == "plan-regression"
    assert word in finding.title
    assert result.table["change"].tolist() == ["regression"]


def test_the_same_plan_that_is_slower_for_no_reason_it_shows_is_no_finding(history):
    assert not history([*of(SEQ, 10, 40), *of(SEQ, 40, 40, 2)]).findings


@pytest.mark.parametrize("seed", range(10))
def test_plans_that_stay_as_they_are_yield_nothing(history, seed):
    random = np.random.default_rng(seed)
    nodes = [INDEX if random.random() < 0.5 else SEQ for _ in range(80)]
    times = around(10, 80, seed)
    assert not history(list(zip(nodes, times.tolist(), strict=True))).findings


def test_what_was_not_logged_and_not_read_is_said(table):
    rows = [
        {"at": None, "statement": "select 1", "plan": '{"Plan": {"Node Type": "Result"}}'},
        {"statement": "select 1", "plan": "Plan: \n  Node Type: nothing"},
        {"plan": '{"Plan": {"Node Type": "Result"}}'},
    ]
    result = plan_history(table("plans", rows))
    told = " ".join(result.caveats)
    assert "log_min_duration" in told
    for words in ("1 plans are not complete", "1 plans name no statement", "1 plans have no time"):
        assert words in told


def test_nothing_to_read_is_said():
    result = plan_history(perfkit.Recording())
    assert result.headline.startswith("There are no plans")
    assert result.figure.layout.title.text.startswith("There are no plans")
    with pytest.raises(UsageError):
        plan_history(42)
