import pytest

from perfkit.plans.advice import CREATE_NOTE, index_fix
from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey


def wanted(**changes):
    return Candidate(table="orders", keys=(SortKey(column="user_id"),), equality=1, **changes)


def test_without_a_candidate_there_is_no_statement_to_paste():
    fix = index_fix(None)
    assert fix.snippet == ""
    assert "no ordinary index fits" in fix.text


def test_a_candidate_is_a_statement_said_to_be_unproven_and_how_it_fails():
    fix = index_fix(wanted(schema="shop"))
    assert (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_user_id_idx ON shop.orders (user_id);"
    ) in fix.snippet.splitlines()
    assert fix.language == "sql"
    assert fix.text == f"Not proven: an index on (user_id) fits the condition. {CREATE_NOTE}"


def test_columns_compared_as_text_are_named_with_the_condition_under_which_it_helps():
    fix = index_fix(wanted(compared_as_text=("status", "kind")))
    assert fix.text.endswith(
        "It helps only if status, kind is of a text type: the condition compares it as text."
    )


@pytest.mark.parametrize("name", ['a"); drop table users; --', "Order", "select", "a b"])
def test_names_from_outside_stay_inside_their_quotes(name):
    hostile = Candidate(table=name, keys=(SortKey(column=name),), equality=1)
    quoted = '"' + name.replace('"', '""') + '"'
    assert f" ON {quoted} ({quoted});" in index_fix(hostile).snippet


def test_a_reason_and_what_has_to_be_known_are_said():
    fix = index_fix(wanted(reason="Fits the condition.", notes=("Updates get slower.",)))
    assert fix.text.startswith("Not proven: an index on (user_id). Fits the condition. Run it")
    assert fix.text.endswith("Updates get slower.")


def test_a_hypothetical_index_shows_whether_it_would_be_used():
    fix = index_fix(wanted(where="status = 'new'"), statement="select * from orders;")
    assert fix.test.splitlines() == [
        (
            "SELECT hypopg_create_index('CREATE INDEX orders_user_id_where_status_new_idx "
            "ON orders (user_id) WHERE status = ''new''');"
        ),
        "EXPLAIN",
        "select * from orders",
        ";",
        "SELECT hypopg_reset();",
    ]


def test_what_hypopg_cannot_pretend_is_built_and_rolled_back():
    fix = index_fix(wanted(method="gin", extension="pg_trgm"))
    assert fix.test.splitlines()[1:5] == [
        "BEGIN;",
        "SET LOCAL lock_timeout = '200ms';",
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;",
        "CREATE INDEX orders_user_id_gin_idx ON orders USING gin (user_id);",
    ]
    assert fix.test.splitlines()[-1] == "ROLLBACK;"


def test_indexes_that_help_only_together_are_tried_together():
    other = Candidate(table="orders", keys=(SortKey(column="total"),))
    fix = index_fix(wanted(companions=(other,)))
    assert fix.test.count("hypopg_create_index") == 2
    assert fix.snippet.count("CREATE INDEX CONCURRENTLY") == 2
