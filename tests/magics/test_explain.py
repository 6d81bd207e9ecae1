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


@pytest.fixture
def prod(cell, shell, lab):
    """A connection called ``prod``."""
    shell.user_ns["engine"] = lab.engine
    shell.user_ns["user_id"] = 17
    cell("%perfkit connect prod engine")


def test_the_first_line_names_the_connection_the_server_and_its_role(cell, prod):
    done = cell("%%explain\nSELECT 1")
    assert done.value.question.startswith("prod: PostgreSQL ")
    assert ", primary, database " in done.value.question
    assert done.value.totals["alias"] == "prod"


def test_a_name_that_the_sql_does_not_have_is_a_mistake(cell, prod):
    done = cell(f"%%explain prod -p usr_id=3\n{SEARCH}")
    assert isinstance(done.error, UsageError)
    assert "-p usr_id: the SQL has no :usr_id" in done.printed
    assert "it has :user_id" in done.printed


def test_saved_results_and_variables_can_be_compared_with(cell, shell, prod):
    first = cell(f"%%explain --save before\n{SEARCH}").value
    shell.user_ns["text"] = "Seq Scan on orders  (cost=0.00..5.00 rows=20 width=8)"
    shell.user_ns["plan"] = first.plan
    for name in ("before", "text", "plan"):
        done = cell(f"%%explain --compare {name} -o again\n{SEARCH}")
        assert done.error is None
        assert done.value.diff is not None
        assert done.value.totals["labels"] == ["this plan", name]
        assert f"what changed since {name}" in done.printed
    assert shell.user_ns["again"] is done.value


def test_a_what_if_index_is_tried_and_gone_again(cell, lab, prod):
    look = sa.text("SELECT count(*) FROM pg_indexes")
    with lab.engine.connect() as connection:
        before = connection.execute(look).scalar_one()
    index = "CREATE INDEX tried ON orders (user_id, status) WHERE status = 'paid'"
    done = cell(f'%%explain prod --what-if "{index}"\n{SEARCH}')
    assert done.error is None
    assert done.value.what_if is not None
    assert "With orders (user_id, status) WHERE status = 'paid': " in done.printed
    with lab.engine.connect() as connection:
        assert connection.execute(look).scalar_one() == before


def test_a_sweep_shows_the_plans_of_common_and_rare_values(cell, prod):
    done = cell(f"%%explain prod --sweep user_id\n{SEARCH}")
    assert done.error is None
    assert done.value.sweep is not None
    assert "user_id: " in done.value.headline


def test_writes_are_executed_and_rolled_back_only_on_request(cell, lab, prod):
    count = sa.text("SELECT count(*) FROM order_items")
    with lab.engine.connect() as connection:
        before = connection.execute(count).scalar_one()
    delete = "DELETE FROM order_items WHERE order_id < 50"
    told = cell(f"%%explain prod\n{delete}")
    assert "--analyze-writes executes it and rolls back" in " ".join(told.printed.split())
    done = cell(f"%%explain prod --analyze-writes\n{delete}")
    assert done.value.executed
    assert "Executed and rolled back" in done.printed
    with lab.engine.connect() as connection:
        assert connection.execute(count).scalar_one() == before


def test_unknown_values_get_the_generic_plan_if_it_is_asked_for(cell, prod):
    done = cell("%%explain --generic\nSELECT * FROM orders WHERE id = :nobody_knows")
    assert done.error is None
    assert not done.value.executed
    done = cell("%%explain --generic\nSELECT * FROM orders WHERE id = $1")
    assert done.value.generic is done.value.plan
    done = cell(f"%%explain --generic\n{SEARCH}")
    assert done.value.executed
    assert done.value.generic is not done.value.plan


def test_several_runs_are_counted(cell, prod):
    assert cell(f"%%explain prod --runs 3\n{SEARCH}").value.totals["runs"] == 3


def test_a_function_of_ones_own_runs_by_name(cell, lab, prod):
    with lab.engine.connect() as connection:
        connection.execute(
            sa.text("CREATE OR REPLACE FUNCTION louder(t text) RETURNS text VOLATILE "
                    "LANGUAGE sql AS 'SELECT upper(t)'")
        )  # fmt: skip
        connection.commit()
    refused = cell("%%explain prod\nSELECT louder(status) FROM orders LIMIT 1")
    assert "--allow-function" in refused.printed
    done = cell("%%explain prod --allow-function louder\nSELECT louder(status) FROM orders LIMIT 1")
    assert done.value.executed
    with lab.engine.connect() as connection:
        connection.execute(sa.text("DROP FUNCTION louder"))
        connection.commit()


@pytest.fixture
def rec(shell):
    import pandas as pd

    from perfkit.recording import Recording

    at = pd.Timestamp("2026-01-05 10:00", tz="UTC")
    frame = pd.DataFrame([
        {"started_at": at, "duration_ms": 9.0, "parameters": "$1 = '17'",
         "statement": "SELECT * FROM orders WHERE user_id = $1"},
        {"started_at": at, "duration_ms": 5.0, "parameters": None,
         "statement": "SELECT * FROM orders WHERE status = $1"},
    ])  # fmt: skip
    shell.user_ns["rec"] = Recording.from_frames(queries=frame.assign(system="postgresql"))
    return shell.user_ns["rec"].queries["fingerprint_id"].tolist()


@pytest.mark.parametrize(
    "source",
    [
        "%explain {id} --from rec",
        "%explain prod {id} --from rec",
        "%explain --from rec --db prod {id}",
        "%%explain prod --from rec\n{id}",
    ],
)
def test_a_statement_of_a_digest_is_explained_with_its_recorded_values(cell, prod, rec, source):
    import perfkit

    ids = perfkit.digest(cell("rec").value).table["fingerprint_id"]
    done = cell(source.format(id=ids[0]))
    assert done.error is None
    assert done.value.executed
    assert done.value.plan.root.number("Actual Rows") > 0
    cell(f"fid = {ids[0]!r}")
    for held in ("$fid", "{fid}"):
        again = cell(f"%explain {held} --from rec --db prod")
        assert again.value.plan.shape_id == done.value.plan.shape_id
    generic = cell(source.format(id=ids[1]))
    assert not generic.value.executed
    assert "this is the generic plan" in " ".join(generic.printed.split())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%explain 8f14e45fceea167a", "which recording is it from?"),
        ("%explain $nobody --from rec", "no variable 'nobody' holds a fingerprint_id"),
        ("%explain SELECT 1 --no-analyze", "--no-analyze stands behind the SQL"),
        ("%explain SELECT 1 --timeout 3s", "--timeout stands behind the SQL"),
        ("%explain 8f14e45fceea167a --from nothing", "no recording of that name"),
        ("%explain 8f14e45fceea167a --from rec", "no statement of the recording"),
        ("%%explain prod --from rec\nSELECT 1", "is no fingerprint_id"),
        ("%explain --from rec --db prod", "has no fingerprint_id"),
        ("%%explain prod --compare nothing\nSELECT 1", "it is neither saved nor a variable"),
        ("%%explain prod --compare user_id\nSELECT 1", "it holds no plan"),
        ('%%explain prod --what-if "DROP TABLE x"\nSELECT 1', "CREATE is expected"),
        ("%%explain prod --sweep nobody\nSELECT 1", "no parameter :nobody to sweep"),
        ("%%explain prod --runs 0\nSELECT 1", "is not a whole number"),
        ("%%explain prod --analyze-writes --no-analyze\nSELECT 1", "exclude each other"),
        ('%%explain prod --compare a --what-if "b"\nSELECT 1', "exclude each other"),
        ("%%explain prod --save\nSELECT 1", "--save needs a value"),
        ("%%explain prod --svae x\nSELECT 1", "did you mean --save?"),
        ("%%explain prod\nSELECT 1; SELECT 2", "more than one statement"),
        ("%%explain prod\nSELECT pg_advisory_lock(1)", "may have effects"),
    ],
)
def test_more_mistakes_are_one_sentence_without_a_traceback(cell, prod, rec, source, said):
    done = cell(source)
    assert isinstance(done.error, PerfkitError)
    assert said in " ".join(done.printed.split())
    assert "Traceback" not in done.printed


def test_sql_that_looks_like_an_id_is_sql(cell, prod):
    assert cell("%explain SELECT 1234").value.executed


def test_two_cells_after_each_other_share_nothing_but_what_was_saved(cell, shell, prod):
    cell(f"%%explain --save one\n{SEARCH}")
    cell("%%explain\nSELECT 1")
    assert cell("_").value.totals["nodes"] == 1
    shell.run_line_magic("reload_ext", "perfkit")
    shell.user_ns["engine2"] = shell.user_ns["engine"]
    cell("%perfkit connect prod engine2")
    assert "it is neither saved" in cell(f"%%explain --compare one\n{SEARCH}").printed


def test_help_completion_and_question_mark_know_every_option(cell, shell):
    names = ("--analyze-writes", "--what-if", "--sweep", "--from", "--save", "--compare", "--runs")
    helped = cell("%explain -h").printed
    asked = cell("%explain?").printed + (shell.find_magic("explain").__doc__ or "")
    completed = shell.strdispatchers["complete_command"].flat_matches("%%explain")
    offered = [option for each in completed for option in each(None)]
    for name in names:
        assert name in helped
        assert name in asked
        assert name in offered


def test_a_database_of_another_kind_and_an_async_engine_are_answered(cell, shell):
    from sqlalchemy.ext.asyncio import create_async_engine

    shell.user_ns["lite"] = sa.create_engine("sqlite://")
    shell.user_ns["later"] = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert "this is sqlite, only PostgreSQL, MySQL" in cell("%%explain lite\nSELECT 1").printed
    assert "this engine is asynchronous" in cell("%%explain later\nSELECT 1").printed
    assert "this engine is asynchronous" in cell("%perfkit connect x later").printed
    shell.user_ns["lite"].dispose()


def test_a_marked_connection_executes_without_being_asked_each_time(cell, shell, lab):
    shell.user_ns["engine"] = lab.engine
    said = cell("%perfkit connect prod engine --analyze --expendable").printed
    assert "queries are executed to be explained, indexes may be built" in said
    assert cell("%%explain prod\nSELECT 1").value.executed
    assert not cell("%%explain prod --no-analyze\nSELECT 1").value.executed
    wrong = cell("%perfkit connect prod engine --analyse")
    assert "has no option --analyse" in wrong.printed


def test_no_password_is_ever_shown(cell):
    for source in (
        "%perfkit connect prod postgresql://u:s3kr1t@127.0.0.1:1/none --analyze",
        "%perfkit connect prod host=127.0.0.1 port=1 password=s3kr1t",
        "%perfkit",
        "%%explain prod\nSELECT 1",
    ):
        assert "s3kr1t" not in cell(source).printed
