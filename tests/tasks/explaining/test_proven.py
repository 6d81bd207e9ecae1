import pytest

from perfkit.plans.read import read_plan
from perfkit.probes.session import rolled_back
from perfkit.tasks.explain import explain

SEARCH = (
    "select * from orders where user_id = :user and status = :status "
    "order by created_at desc limit 20"
)
VALUES = {"user": 42, "status": "pending"}


def proposals(result):
    return [finding for finding in result.findings if "CREATE INDEX" in finding.fix.snippet]


def indexes(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "select count(*) from pg_indexes where tablename = 'orders'"
        ).scalar()


def test_on_the_lab_a_proposed_index_is_built_measured_and_gone_again(shop):
    before = indexes(shop)
    result = explain(SEARCH, shop, params=VALUES)
    (finding,) = proposals(result)
    assert "ON public.orders (user_id, status, created_at DESC)" in finding.fix.snippet.replace(
        "\n ", ""
    )
    assert finding.fix.text.startswith("Proven: ")
    assert "(built, rolled back)" in finding.fix.text
    assert "of WAL per 1,000 inserts" in finding.fix.text
    assert finding.confidence == "high"
    assert finding.saves_ms > 0
    row = result.sections["indexes that were tried"].to_pylist()[0]
    assert row["verdict"] == "helps"
    assert row["after_blocks"] < row["before_blocks"] / 10
    assert indexes(shop) == before


def test_a_partial_index_is_for_values_that_are_written_not_for_bound_ones(shop):
    def tried(sql, **values):
        result = explain(sql, shop, params=values)
        assert proposals(result)
        return " ".join(result.sections["indexes that were tried"]["index"].to_pylist())

    assert "WHERE" not in tried(SEARCH, user=42, status="lost")
    assert "WHERE status = 'lost'" in tried(SEARCH.replace(":status", "'lost'"), user=42)


def test_with_the_index_nothing_is_proposed(shop):
    with shop.connect() as connection:
        connection.exec_driver_sql(
            "create index searched on orders (user_id, status, created_at desc)"
        )
    try:
        for analyze in (True, False):
            result = explain(SEARCH, shop, params=VALUES, analyze=analyze)
            assert proposals(result) == []
            assert "indexes that were tried" not in result.sections
    finally:
        with shop.connect() as connection:
            connection.exec_driver_sql("drop index searched")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders",
        "select status, count(*), max(md5(note)) from orders group by status",
        "select sum(total) from orders where status <> 'pending'",
        "select * from orders where id = 77",
    ],
)
@pytest.mark.parametrize("analyze", [True, False])
def test_what_reads_most_of_a_table_or_one_row_gets_no_proposal(shop, sql, analyze):
    assert proposals(explain(sql, shop, analyze=analyze)) == []


def test_hypopg_proves_without_executing_where_the_server_is_not_the_lab(fifteen):
    result = explain(SEARCH, fifteen, params=VALUES, analyze=False)
    (finding,) = result.findings
    assert finding.rule == "missing-index"
    assert "(HypoPG)" in finding.fix.text
    assert "would lower the estimated cost from" in finding.title
    assert not result.executed
    executed = explain(SEARCH, fifteen, params=VALUES, analyze=True)
    (finding,) = proposals(executed)
    assert "(HypoPG)" in finding.fix.text
    assert finding.confidence == "medium"
    row = executed.sections["indexes that were tried"].to_pylist()[0]
    assert row["method"] == "HypoPG"
    assert row["before_ms"] is None


def test_an_expendable_server_has_the_index_built(fifteen):
    result = explain(SEARCH, fifteen, params=VALUES, analyze=True, expendable=True)
    (finding,) = proposals(result)
    assert "(built, rolled back)" in finding.fix.text


def test_where_nothing_can_be_tried_the_advice_says_that_it_is_not_proven(shop):
    result = explain(SEARCH, shop, params=VALUES, analyze=False)  # no HypoPG there
    (finding,) = result.findings
    assert (finding.severity, finding.confidence) == ("info", "low")
    assert finding.fix.text.startswith("Not proven: ")
    assert "Why not: HypoPG is not installed" in finding.fix.text
    assert "CREATE INDEX" in finding.fix.snippet


def test_an_index_that_does_not_help_is_withdrawn(shop, monkeypatch):
    from perfkit.tasks.explaining import proven
    from perfkit.tasks.proofs import Proof

    plan = read_plan('[{"Plan": {"Node Type": "Seq Scan", "Total Cost": 10}}]')

    def passed_over(_engine, question, tried, **_):
        return [
            Proof(candidate=one, question=question, method="built", verdict="not used",
                  plan_before=plan, plan_after=plan)
            for one in tried
        ]  # fmt: skip

    monkeypatch.setattr(proven, "prove", passed_over)
    result = explain(SEARCH, shop, params=VALUES)
    (finding,) = result.findings
    assert finding.severity == "info"
    assert finding.fix.text.startswith("Not advised: an index on public.orders (user_id,")
    assert "was tried (built, rolled back) and is not used." in finding.fix.text
    assert finding.fix.snippet == ""
    assert finding.saves_ms is None


def test_without_values_typical_ones_are_tried_and_named(shop):
    result = explain(SEARCH, shop, generic=True)
    assert not result.executed
    assert result.generic is result.plan
    assert "values are missing, so this is the generic plan" in result.caveats[0]
    assert any("tried with typical values" in caveat for caveat in result.caveats)
    assert proposals(result)[0].rule == "missing-index"


def test_nothing_stays_on_the_server_after_a_proof(shop):
    look = "select count(*) from pg_class"
    with shop.connect() as connection:
        before = connection.exec_driver_sql(look).scalar()
    explain(SEARCH, shop, params=VALUES)
    with rolled_back("test", shop, timeout_s=5) as connection:
        assert connection.exec_driver_sql(look).scalar() == before
        assert (
            connection.exec_driver_sql("select count(*) from pg_prepared_statements").scalar() == 0
        )
