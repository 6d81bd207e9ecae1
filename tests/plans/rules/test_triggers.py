import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.triggers import missing_fk_index, slow_trigger


@pytest.fixture
def write(joins_node, joins_tree):
    def plan(ms=50.0, calls=100, *, operation="Delete", **more):
        node = joins_node(
            "ModifyTable", 40.0, **{"Operation": operation, "Relation Name": "Parents"}
        )
        entry = {"Trigger Name": "audit", "Relation": "Parents", "Time": ms, "Calls": calls}
        return joins_tree(node, Triggers=[entry | more], Execution_Time=100.0)

    return plan


KEY = {"Trigger Name": "RI_ConstraintTrigger_a_16426", "Constraint Name": "it's_fkey"}
CHECK = {"Trigger Name": "RI_ConstraintTrigger_c_16428", "Constraint Name": "it's_fkey"}
UNNAMED = {"Trigger Name": "it's_fkey", "Constraint Name": "it's_fkey"}


@pytest.mark.parametrize(("ms", "found"), [(10.0, True), (9.9, False)])
def test_a_tenth_of_the_time_counts(write, ms, found):
    assert bool(slow_trigger(write(ms), Facts())) is found


def test_a_trigger_that_costs_little_is_left_alone(joins_node, joins_tree):
    entry = {"Trigger Name": "audit", "Time": 4.9, "Calls": 9}
    plan = joins_tree(joins_node("ModifyTable", 6.0), Triggers=[entry])
    assert slow_trigger(plan, Facts()) == []


def test_a_trigger_says_what_each_call_takes(write):
    (finding,) = slow_trigger(write(), Facts())
    assert finding.title == (
        "The trigger audit on Parents takes 50 ms (50.0 % of the time) in 100 calls, 500 µs each"
    )
    assert finding.keys == {"table": "Parents"}


@pytest.mark.parametrize("more", [KEY, CHECK, UNNAMED])
def test_triggers_of_a_foreign_key_are_not_called_slow_functions(write, more):
    assert slow_trigger(write(**more), Facts()) == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (KEY, True),
        (KEY | {"Calls": 500}, True),
        (KEY | {"Calls": 501}, False),  # less than 0.1 ms each: an index is there
        (CHECK, False),  # looks into the parent's primary key
        (UNNAMED, True),
        (UNNAMED | {"operation": "Insert"}, False),
        ({}, False),
    ],
)
def test_a_key_that_scans_for_each_row_lacks_an_index(write, more, found):
    operation = {"operation": more["operation"]} if "operation" in more else {}
    rest = {name: value for name, value in more.items() if name not in {"operation", "Calls"}}
    plan = write(calls=more.get("Calls", 100), **operation, **rest)
    assert bool(missing_fk_index(plan, Facts())) is found


def test_names_are_quoted_in_the_statements_to_paste(write):
    (finding,) = missing_fk_index(write(**KEY), Facts())
    assert "conname = 'it''s_fkey'" in finding.fix.snippet
    assert """'"Parents"'::regclass""" in finding.fix.snippet
    assert finding.saves_ms == pytest.approx(48.0)


@pytest.mark.parametrize("triggers", [None, "?", ["?"], [{}]])
def test_odd_documents_cost_nothing(joins_node, joins_tree, triggers):
    plan = joins_tree(joins_node("ModifyTable", 9.0), Triggers=triggers)
    assert missing_fk_index(plan, Facts()) == slow_trigger(plan, Facts()) == []


def test_a_key_without_an_index_is_found_with_it_on_a_real_server(
    joins_engine, joins_plan, joins_found
):
    (finding,) = missing_fk_index(joins_plan("delete from parents where id <= 100"), Facts())
    with joins_engine.connect() as connection:
        create = connection.exec_driver_sql(finding.fix.snippet.replace("%", "%%")).scalar_one()
        missing = connection.exec_driver_sql(finding.fix.test).all()
    assert create == "CREATE INDEX CONCURRENTLY ON children (parent_id);"
    assert missing == [("children", None)]
    assert joins_found("delete from parents where id <= 100") == ["missing-fk-index"]
    assert joins_found("delete from kept_parents where id <= 1000") == []
    copies = "insert into kept_children select i, 1 from generate_series(100000, 105000) i"
    assert joins_found(copies) == []


def test_a_text_plan_names_the_constraint_only(joins_engine):
    with joins_engine.connect() as connection:
        connection.exec_driver_sql("begin")
        lines = connection.exec_driver_sql(
            "explain (analyze, format text) delete from parents where id <= 100"
        ).scalars()
        text = "\n".join(lines)
        connection.exec_driver_sql("rollback")
    assert len(missing_fk_index(read_plan(text), Facts())) == 1


def test_a_slow_trigger_is_found_on_a_real_server_and_one_that_hardly_runs_is_not(joins_found):
    assert joins_found("update audited set total = 2 where id <= 100") == ["slow-trigger"]
    assert joins_found("update audited set total = -2 where id <= 100") == []
    assert joins_found("update ledgers set total = total + 1 where id <= 2000") == []
