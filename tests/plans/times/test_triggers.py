import pytest

from perfkit.plans.read import read_plan


def told(execution, root, *triggers, **document):
    """Triggers are (name, ms) or whole entries; the root is a ModifyTable."""
    entries = [
        one if isinstance(one, dict)
        else {"Trigger Name": one[0], "Relation": "t", "Time": one[1], "Calls": 10}
        for one in triggers
    ]  # fmt: skip
    plan = {
        "Node Type": "ModifyTable", "Actual Loops": 1, "Actual Rows": 0,
        "Actual Startup Time": root, "Actual Total Time": root,
    }  # fmt: skip
    whole = {} if execution is None else {"Execution Time": execution}
    return read_plan({"Plan": plan, "Triggers": entries, **whole, **document})


def before(plan):
    return [trigger.before for trigger in plan.trigger_list]


def test_what_was_measured_on_a_server_is_told_apart():
    # 15.18: a BEFORE trigger of 102.4 ms is in the root's 102.7, an AFTER one of 100.9 behind it
    plan = told(203.7, 102.7, ("t_before", 102.4), ("t_after", 100.9))
    assert before(plan) == [True, False]
    assert dict(plan.parts) == pytest.approx(
        {"nodes": 102.7, "AFTER triggers": 100.9, "rest": 0.1}, abs=1e-6
    )


def test_constraint_triggers_are_after_even_when_the_times_do_not_say_so():
    plan = told(
        None, 50.0, {"Trigger Name": "RI_ConstraintTrigger_c_1", "Time": 9.0},
        {"Trigger Name": "x", "Constraint Name": "fk", "Time": 3.0}, ("mine", 1.0),
    )  # fmt: skip
    assert before(plan) == [False, False, None]
    assert plan.rest_ms is None


def test_the_catalogs_word_counts_more_than_times():
    entry = {"Trigger Name": "a", "Time": 40.0}
    for timing, expected in (("BEFORE", True), ("AFTER", False), ("INSTEAD OF", True)):
        assert before(told(100.0, 50.0, entry | {"Timing": timing})) == [expected]


def test_triggers_that_fit_either_way_are_not_told_apart():
    plan = told(70.0, 40.0, ("one", 30.0), ("other", 30.0))
    assert before(plan) == [None, None]
    assert before(told(50.0, 40.0, ("tiny", 0.01))) == [None]
    # one of the two it was
    assert dict(plan.parts) == {"nodes": 40.0, "AFTER triggers": 30.0, "rest": 0.0}


def test_times_that_fit_nowhere_stay_unknown():
    assert before(told(11.0, 10.0, ("a", 500.0))) == [None]


def test_serialization_is_taken_off_before():
    plan = told(60.0, 20.0, ("a", 15.0), Serialization={"Time": 39.5})
    assert before(plan) == [True]
    assert dict(plan.parts) == {"nodes": 20.0, "serialization": 39.5, "rest": 0.5}


def test_many_triggers_are_not_tried_in_all_ways():
    plan = told(100.0, 50.0, *((f"t{n}", 3.0) for n in range(40)))
    assert before(plan) == [None] * 40


def test_the_table_has_the_columns_also_without_triggers():
    columns = ["name", "relation", "constraint", "calls", "time_ms", "before"]
    assert told(10.0, 9.0).triggers.columns.tolist() == columns
    table = told(203.7, 102.7, ("early", 102.4), ("late", 100.9)).triggers
    assert table.columns.tolist() == columns
    assert table["before"].tolist() == [True, False]
    assert table["calls"].tolist() == [10.0, 10.0]


@pytest.mark.parametrize("entries", [None, "x", [None, 3, "y"], [{}], [{"Time": "long"}]])
def test_damaged_entries_are_no_failure(entries):
    plan = read_plan({"Plan": {"Node Type": "Result"}, "Triggers": entries})
    assert len(plan.trigger_list) <= 1


def test_foreign_keys_of_a_real_server_are_after(plans_engine):
    with plans_engine.connect() as connection:
        for sql in (
            "drop table if exists line", "drop table if exists bill",
            "create table bill (id int primary key)",
            "create table line (id int, bill_id int references bill)",
            "insert into bill select generate_series(1, 2000)",
        ):  # fmt: skip
            connection.exec_driver_sql(sql)
        found = connection.exec_driver_sql(
            "explain (analyze, format json) insert into line select i, i "
            "from generate_series(1, 2000) i"
        ).scalar_one()
    plan = read_plan(found)
    (trigger,) = plan.trigger_list
    assert trigger.before is False
    assert (trigger.calls, trigger.constraint) == (2000, "line_bill_id_fkey")
    assert dict(plan.parts)["AFTER triggers"] == trigger.time_ms
    assert 0 <= plan.rest_ms < plan.execution_ms / 2
