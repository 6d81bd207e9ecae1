from dataclasses import replace

import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.rules.rerun import PLACEHOLDER, statement_of, trial

BARE = read_plan({"Plan": {"Node Type": "Result"}})


def plan(statement, **more):
    return replace(BARE, statement=statement, **more)


@pytest.mark.parametrize(
    "statement",
    [
        None,
        "",
        "  ;; ",
        "select $1",
        "select 1; drop table orders",
        "explain analyze select 1",
        "COPY t FROM stdin",
        "select " + "1, " * 5000 + "1",
    ],
)
def test_a_text_that_cannot_be_pasted_as_one_statement_is_not(statement):
    assert statement_of(plan(statement)) is None
    assert trial(plan(statement)).splitlines()[2] == PLACEHOLDER


def test_a_text_that_was_cut_off_is_not_pasted():
    assert statement_of(plan("select 1 from", lost=("the end",))) is None


@pytest.mark.parametrize("statement", ["select ';'", "select 1 -- ; drop", "select '$1'"])
def test_what_only_looks_like_more_is_one_statement(statement):
    assert statement_of(plan(statement)) == statement


def test_a_trial_is_one_transaction_that_is_rolled_back():
    assert trial(plan("select 1"), "a = 1", first=["ANALYZE t;"]).splitlines() == [
        "BEGIN;", "ANALYZE t;", "SET LOCAL a = 1;", "EXPLAIN (ANALYZE, BUFFERS)", "select 1", ";",
        "ROLLBACK;",
    ]  # fmt: skip
    assert ";\n;" not in trial(plan("select 1;"))


@pytest.mark.parametrize(
    "statement", ["select count(*) from orders", "select 1;", "select 1 -- no ; end"]
)
def test_a_real_server_runs_a_trial_and_nothing_is_left(joins_engine, statement):
    script = trial(plan(statement), "enable_hashjoin = off", first=["ANALYZE customers;"])
    with joins_engine.connect() as connection:
        connection.exec_driver_sql(script, execution_options={"no_parameters": True})
        assert connection.exec_driver_sql("show enable_hashjoin").scalar_one() == "on"
