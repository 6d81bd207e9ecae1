import pytest

from perfkit.plans.read import read_plan
from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.slow_statements import SlowStatement
from perfkit.tasks.index_creates import Catalogue, Proposal, _processes, proposals

SEARCH = "select * from orders where user_id = $1 and status = $2 order by created_at desc limit 20"


@pytest.fixture
def proposed(shop_engine):
    """Return the proposals for statements, in a catalogue with further indexes."""

    def ask(*texts, ddl=(), mean_ms=100.0):
        statements = [SlowStatement(text, 10, mean_ms) for text in texts]
        with rolled_back("test", shop_engine, timeout_s=20, read_only=False) as connection:
            for one in ddl:
                connection.exec_driver_sql(one)
            server = identify(connection)
            existing = Catalogue(
                indexes=catalog.indexes(connection, server), tables=catalog.tables(connection)
            )
            return proposals(connection, server, statements, existing)

    return ask


def only(found):
    (proposal,), without_plan = found
    assert without_plan == 0
    return proposal


def test_the_columns_with_most_values_come_first_and_the_sort_behind(proposed):
    assert only(proposed(SEARCH)).candidate.key_list == "user_id, status, created_at DESC"
    flipped = "select * from orders where status = $1 and user_id = $2"
    assert only(proposed(flipped)).candidate.key_list == "user_id, status"


def test_behind_a_column_that_leaves_one_row_no_other_helps(proposed):
    sql = "select * from orders where total = $1 and status = $2 order by created_at limit 5"
    assert only(proposed(sql)).candidate.key_list == "total"


def test_at_most_the_cost_of_the_scan_can_be_saved(proposed):
    found = only(proposed(SEARCH, mean_ms=80.0))
    assert 0.5 < found.cost_share <= 1.0
    assert found.saves_ms == pytest.approx(80.0 * found.cost_share)
    assert found.table_rows == pytest.approx(60_000)


def test_of_two_scans_the_dearer_one_gets_the_index(proposed):
    sql = (
        "select id from orders where user_id = $1 union all "
        "select id from orders where total = $2 and length(note) > 5 and length(status) > 2"
    )
    assert only(proposed(sql)).candidate.key_list == "total"


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders where id = $1",  # its index is there
        "select * from users where name = $1",  # a small table
        "select * from orders where total > $1",  # a third of the rows
        "select count(*) from orders",
        "select * from orders where lower(note) = $1",
    ],
)
def test_statements_that_an_index_would_not_help_get_none(proposed, sql):
    assert proposed(sql) == ([], 0)


def test_statements_without_a_plan_are_counted(proposed):
    texts = ("vacuum orders", "select * from nowhere", "select * from orders where", SEARCH)
    found, without_plan = proposed(*texts)
    assert (len(found), without_plan) == (1, 3)


@pytest.mark.parametrize(
    ("ddl", "covered"),
    [
        ("create index x on orders (user_id, status, created_at)", True),
        (
            "create index x on orders (status, user_id, created_at, total)",
            True,
        ),  # equality in any order
        ("create index x on orders (user_id, status)", False),
        ("create index x on orders (created_at, user_id, status)", False),
        ("create index x on orders (user_id, status, created_at) where total > 5", False),
    ],
)
def test_an_index_that_begins_alike_is_not_proposed_again(proposed, ddl, covered):
    off = "set local enable_indexscan = off", "set local enable_bitmapscan = off"
    found, _ = proposed(SEARCH, ddl=(ddl, *off))
    assert (found == []) is covered


@pytest.mark.parametrize(
    ("workers", "aware", "divisor"),
    [(1, True, 1.7), (2, True, 2.4), (4, True, 4.0), (4, False, 1.0)],
)
def test_rows_of_a_parallel_scan_are_divided_as_the_planner_does(workers, aware, divisor):
    scan = {"Node Type": "Seq Scan", "Parallel Aware": aware}
    below = {"Node Type": "Hash Join", "Plans": [scan]}
    plan = read_plan(
        {"Plan": {"Node Type": "Gather", "Workers Planned": workers, "Plans": [below]}}
    )
    assert _processes(plan, plan.tree[2]) == pytest.approx(divisor)


def test_the_saving_is_the_share_of_the_mean(proposed):
    found = only(proposed(SEARCH))
    same = Proposal(
        candidate=found.candidate, statement=SlowStatement("x", 1, 200.0), plan=found.plan,
        cost_share=0.25, table_rows=1.0,
    )  # fmt: skip
    assert same.saves_ms == 50.0
