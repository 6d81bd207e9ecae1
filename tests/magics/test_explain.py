"""``%%explain`` on the lab's PostgreSQL, as a notebook runs it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from perfkit.errors import NotConnected, PerfkitError, UsageError

pytestmark = pytest.mark.lab

SEARCH = "SELECT * FROM orders WHERE user_id = :user_id AND status = 'paid'"


@pytest.fixture(autouse=True)
def shop(shell, lab):
    """The notebook's variable ``shop``."""
    shell.user_ns["shop"] = lab.engine


def test_the_result_is_the_cells_value_and_displays_itself(cell):
    done = cell("%%explain shop\nSELECT count(*) FROM orders")
    assert done.error is None
    assert done.value.analysis == "explain"
    assert done.value.executed
    assert done.value.question in done.printed


@pytest.mark.parametrize("ending", [";", " ; ", ";\n", ";\n-- done;"])
def test_a_semicolon_ends_the_statement_and_never_silences_the_cell(cell, ending):
    done = cell(f"%%explain shop\nSELECT count(*) FROM orders{ending}")
    assert done.error is None
    assert done.value.executed
    assert done.value.question in done.printed


def test_a_line_with_a_semicolon_is_not_silenced_either(cell):
    assert cell("%explain --db shop SELECT 1;").value.executed


def test_a_colon_name_takes_its_value_from_the_notebook_and_dash_p_wins(cell, shell):
    shell.user_ns["user_id"] = 17
    by_variable = cell(f"%%explain shop\n{SEARCH}").value
    given = cell(f"%%explain shop -p user_id=-1\n{SEARCH}").value
    rows = [one.plan.tree[0].number("Actual Rows") for one in (by_variable, given)]
    assert rows[0] > 0
    assert rows[1] == 0


def test_a_value_is_bound_and_never_pasted(cell, shell, lab):
    shell.user_ns["status"] = "paid'; DROP TABLE users; --"
    done = cell("%%explain shop\nSELECT * FROM orders WHERE status = :status")
    assert done.value.plan.tree[0].number("Actual Rows") == 0
    with lab.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM users")).scalar_one() == 400


def test_the_result_is_stored_under_the_name_asked_for(cell, shell):
    done = cell("%%explain shop -o plan\nSELECT 1")
    assert shell.user_ns["plan"] is done.value
    behind = cell("%explain -o again --db shop SELECT 1")
    assert shell.user_ns["again"] is behind.value


def test_no_analyze_estimates_only(cell):
    assert not cell("%%explain shop --no-analyze\nSELECT count(*) FROM orders").value.executed
    assert not cell("%%explain --no-analyze shop\nSELECT count(*) FROM orders").value.executed


def test_a_write_is_planned_and_never_executed(cell, lab):
    done = cell("%%explain shop --analyze\nDELETE FROM order_items WHERE order_id < 50")
    assert done.error is None
    assert not done.value.executed
    with lab.engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT count(*) FROM order_items WHERE order_id < 50"))
        assert kept.scalar_one() > 0


def test_the_only_database_connected_needs_no_name(cell, lab, shell):
    shell.user_ns["prod_engine"] = lab.engine
    cell("%perfkit connect prod prod_engine")
    assert cell("%%explain\nSELECT 1").value.executed


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("%%explain shop\n  \n", UsageError, "no statement"),
        ("%explain --db shop", UsageError, "no statement"),
        ("%%explain shop other\nSELECT 1", UsageError, "takes one name"),
        ("%%explain nowhere\nSELECT 1", NotConnected, "no connection is called 'nowhere'"),
        (f"%%explain shop\n{SEARCH}", UsageError, ":user_id has no value"),
        ("%%explain shop -p user_id\nSELECT 1", UsageError, "has no '='"),
        ("%%explain shop --timeout soon\nSELECT 1", PerfkitError, "soon"),
        ("%%explain shop --analyze --no-analyze\nSELECT 1", UsageError, "exclude each other"),
        ("%%explain shop\nSELECT * FROM nowhere", PerfkitError, "nowhere"),
        ("%%explain shop\nSELEC 1", PerfkitError, ""),
        ("%%explain shop\nDROP TABLE users", PerfkitError, "DROP"),
        ("%%explain shop --timeout 50ms\nSELECT pg_sleep(5)", PerfkitError, ""),
    ],
)
def test_mistakes_are_one_sentence_without_a_traceback(cell, source, kind, said):
    done = cell(source)
    assert isinstance(done.error, kind)
    assert done.value is None
    assert said in done.printed
    assert "Traceback" not in done.printed
