import pytest

from perfkit.errors import UsageError
from perfkit.tasks.explain import explain

SEARCH = (
    "select * from orders where user_id = :user and status = 'pending' "
    "order by created_at desc limit 20"
)
INDEX = "create index concurrently on orders (user_id, status, created_at desc)"


def test_the_plan_with_the_index_stands_beside_the_one_without(shop):
    result = explain(SEARCH, shop, params={"user": 42}, what_if=INDEX)
    assert result.headline.startswith("With orders (user_id, status, created_at DESC): cost ")
    assert " blocks, " in result.headline
    assert "(built, rolled back)" in result.headline
    assert result.what_if.helps
    names = [node.text("Index Name") for node in result.other.tree if node.text("Index Name")]
    assert names == ["orders_user_id_status_created_at_idx"]  # not that of the trial
    assert result.series["other"].num_rows == len(result.other.tree)
    without, with_it = result.totals["labels"]
    assert (without, with_it) == ("without the index", f"with {names[0]}")
    assert result.diff.totals["names"] == [without, with_it]
    assert result.diff.totals["total_b"] < result.diff.totals["total_a"]


def test_the_finding_that_wants_an_index_gets_the_proof_of_the_one_that_was_asked_for(shop):
    result = explain(SEARCH, shop, params={"user": 42}, what_if="create index on orders (user_id)")
    (finding,) = result.findings
    assert finding.rule == "slow-seq-scan"
    assert "Proven: an index on orders (user_id): cost" in finding.fix.text
    assert "ON orders (user_id);" in finding.fix.snippet


def test_an_index_that_is_passed_over_is_not_advised(shop):
    result = explain(SEARCH, shop, params={"user": 42}, what_if="create index on orders (note)")
    assert result.headline == (
        "With orders (note): the planner does not use it (built, rolled back)"
    )
    (finding,) = [one for one in result.findings if one.rule == "what-if"]
    assert finding.fix.text.startswith("Not advised: ")
    assert finding.fix.snippet == ""
    assert not result.what_if.used


def test_hypopg_answers_with_costs_where_nothing_may_be_built(fifteen):
    result = explain(SEARCH, fifteen, params={"user": 42}, what_if=INDEX, analyze=False)
    assert "(HypoPG)" in result.headline
    assert "blocks" not in result.headline
    assert "about " in result.headline  # the size is estimated
    assert not result.other.analyzed
    assert result.diff.totals["measure"] == "cost"


def test_where_nothing_can_be_tried_the_reason_is_the_headline(shop):
    result = explain(SEARCH, shop, params={"user": 42}, what_if=INDEX, analyze=False)
    assert "not proven; HypoPG is not installed in this database" in result.headline
    assert result.what_if.verdict == "not proven"
    assert result.other is None
    assert result.diff is None
    (finding,) = [one for one in result.findings if one.rule == "what-if"]
    assert finding.fix.test.startswith("BEGIN;")
    assert finding.fix.test.rstrip().endswith("ROLLBACK;")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("drop table orders", "CREATE is expected instead of 'drop'"),
        ("create table x (a int)", "only CREATE INDEX can be tried"),
        ("create index on orders (a); drop table orders", "only one statement"),
        ("", "CREATE is expected instead of the end"),
    ],
)
def test_anything_but_one_create_index_is_refused_before_anything_is_sent(text, said):
    with pytest.raises(UsageError, match=said):
        explain("select 1", "postgresql://nobody@127.0.0.1:1/none", what_if=text)


def test_an_index_on_a_table_that_is_not_there_is_answered_not_raised(shop):
    result = explain("select 1", shop, what_if="create index on nowhere (a)")
    assert "not proven; " in result.headline
    assert "nowhere" in result.headline


def test_a_write_is_planned_with_the_index_and_never_executed(shop):
    count = "select count(*) from orders where user_id = 7"
    sql = "delete from orders where user_id = 7"
    result = explain(sql, shop, what_if="create index on orders (user_id)")
    assert not result.executed
    assert not result.other.analyzed
    assert explain(count, shop).plan.tree[-1].number("Actual Rows") > 0
