"""An index is dropped while auto_explain logs: from the server's own text to the finding."""

import pytest

import perfkit
from perfkit.analyses.plan_history import plan_history

FLIP = [
    *(f"select * from orders where user_id = {n}" for n in range(1, 31)),
    "drop index orders_user",
    *(f"select * from orders where user_id = {n}" for n in range(31, 61)),
]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_dropped_index_is_found_in_the_log(logged, form):
    rec = perfkit.load(logged(FLIP, form))
    result = plan_history(rec)
    flip = next(finding for finding in result.findings if finding.rule == "plan-flip")
    assert flip.saves_times == 30
    assert "orders_user" in flip.title
    assert "Seq Scan on orders" in flip.title
    assert flip.fix.snippet == "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);"
    assert result.arrow.num_rows == 2


def test_a_log_without_changes_yields_nothing(logged):
    statements = [
        statement
        for n in range(1, 41)
        for statement in (
            f"select * from orders where user_id = {n}",
            f"select count(*) from orders where status = {n % 5}",
            f"select * from orders o join users u on u.id = o.user_id where o.id = {n}",
        )
    ]
    result = plan_history(perfkit.load(logged(statements)))
    assert not result.findings
    assert result.table["change"].tolist() == ["only shape"] * 3


def test_diagnose_names_the_flip_as_a_cause(logged):
    result = perfkit.diagnose(perfkit.load(logged(FLIP)))
    assert "plan-flip" in {finding.rule for finding in result.findings}
