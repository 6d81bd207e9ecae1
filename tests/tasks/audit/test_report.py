import pytest

from perfkit.probes.table_states import TableState
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.report import findings, table

STATES = {
    ("s", "t"): TableState(schema="s", name="t", sequential_scans=3, index_scans=4, inserts=50)
}


def advice(action, **more):
    facts = {
        "kind": "some-rule",
        "schema": "s",
        "table": "t",
        "title": "title",
        "reason": "why",
        "do": "DO IT;\nAND THAT;",
        "index": f"i_{action}",
        "undo": "UNDO;\nAND THIS;",
    }
    return Advice(action=action, **(facts | more))


EVERY = [advice(action) for action in ("keep", "drop", "rebuild", "replace", "create")]


def test_rows_are_in_the_order_in_which_to_act():
    rows = table(EVERY, STATES).to_pylist()
    assert [row["action"] for row in rows] == ["create", "replace", "rebuild", "drop", "keep"]
    assert {(row["reads"], row["writes"]) for row in rows} == {(7, 50)}


def test_columns_that_programs_rely_on_are_there_and_typed():
    found = table([], {})
    expected = ["action", "schema", "table", "index", "columns", "proven", "saves_ms",
                "size_bytes", "reason"]  # fmt: skip
    assert found.column_names[: len(expected)] == expected
    assert found.num_rows == 0


def test_what_is_about_a_table_has_no_row_and_what_stays_no_finding():
    look = advice("look", index="")
    assert table([look], STATES).num_rows == 0
    assert len(findings([look, advice("keep")], STATES)) == 1


def test_each_finding_tells_reads_and_writes_and_how_to_take_it_back():
    (found,) = findings([advice("drop")], STATES)
    assert "t: 7 scans, 50 rows written since the statistics began." in found.fix.text
    assert found.fix.snippet == (
        "DO IT;\nAND THAT;\n-- to take it back: UNDO;\n-- to take it back: AND THIS;"
    )
    assert found.fix.language == "sql"


@pytest.mark.parametrize(("calls", "times"), [(None, 1), (40, 40)])
def test_savings_are_per_execution_and_weighed_by_calls(calls, times):
    (found,) = findings([advice("create", saves_ms=2.5, calls=calls)], {})
    assert (found.saves_ms, found.saves_basis, found.saves_times) == (2.5, "per execution", times)
    assert found.saves_total_ms == 2.5 * times


def test_a_table_nobody_counted_for_is_left_out_of_the_text():
    (found,) = findings([advice("drop", do="", undo="")], {})
    assert "since the statistics began" not in found.fix.text
    assert found.fix.language == ""
