"""Predicates as the server prints them (pg_get_expr), and rows that either holds."""

import itertools

import pytest
import sqlalchemy as sa

from perfkit.tasks.audit.predicates import same_rows

SAME = [
    ("b AND c > 5", "c > 5 AND b"),
    ("5 < c", "c > 5"),
    ("c <> 5", "5 <> c"),
    ("b = true", "b"),
    ("c = 1 OR s = 'x'", "s = 'x' OR c = 1"),
    ("s IN ('x', 'y')", "s IN ('y', 'x')"),
    ("s IN ('x')", "'x' = s"),
    ("s = 'a and b' AND b", "b AND 'a and b' = s"),
    ("b AND (c = 1 OR c = 2) AND s IS NULL", "s IS NULL AND (c = 2 OR c = 1) AND b"),
    ("(c + 1) > 3", "3 < (c + 1)"),
    ("CASE WHEN c > 1 AND b THEN b ELSE false END AND b",
     "b AND CASE WHEN c > 1 AND b THEN b ELSE false END"),
]  # fmt: skip
OTHER = [
    ("b", "NOT b"),
    ("b AND c > 5", "b OR c > 5"),
    ("c > 5", "c < 5"),
    ("5 < c", "c < 5"),
    ("c >= 5", "c > 5"),
    ("s = 'x'", "s = 'X'"),
    ("s IN ('x', 'y')", "s IN ('x', 'z')"),
    ("s NOT IN ('x', 'y')", "s IN ('x', 'y')"),
    ("c = 1 AND (b OR s = 'x')", "(c = 1 AND b) OR s = 'x'"),
    ("c - 1 > 3", "1 - c > 3"),
    ("s IS NULL", "s IS NOT NULL"),
    ("b = false", "b"),
]


@pytest.fixture(scope="module")
def connection(lab_server):
    engine = sa.create_engine(lab_server.url("postgres"), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "create temp table p6 (b bool, c int, s text); insert into p6 select * from "
            "(values (true), (false), (null)) b(b), "
            "(values (0), (1), (2), (3), (5), (6), (null)) c(c), "
            "(values ('x'), ('X'), ('y'), ('z'), ('a and b'), (null)) s(s)"
        )
        yield connection
    engine.dispose()


def printed(connection, predicate):
    connection.exec_driver_sql("drop index if exists p6_i")
    connection.exec_driver_sql(f"create index p6_i on p6 (c) where {predicate}")
    return connection.exec_driver_sql(
        "select pg_get_expr(indpred, indrelid, true) from pg_index "
        "where indexrelid = 'p6_i'::regclass"
    ).scalar_one()


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_is_written_differently_is_the_same(connection, one, other):
    assert same_rows(printed(connection, one)) == same_rows(printed(connection, other))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_holds_other_rows_is_not(connection, one, other):
    assert same_rows(printed(connection, one)) != same_rows(printed(connection, other))


def test_equal_meanings_hold_equal_rows_on_the_server(connection):
    rows = {}
    for predicate in {text for pair in (*SAME, *OTHER) for text in pair}:
        held = connection.exec_driver_sql(f"select ctid::text from p6 where {predicate}")
        rows[predicate] = (same_rows(printed(connection, predicate)), frozenset(held.scalars()))
    for one, other in itertools.combinations(rows, 2):
        if rows[one][0] == rows[other][0]:
            assert rows[one][1] == rows[other][1], (one, other)


def test_an_index_of_all_rows_is_like_no_partial_one():
    assert same_rows(None) is None
    assert same_rows("true") is not None


@pytest.mark.parametrize("text", ["", "(", ")", "a = ", "((a", "'", "case a and b"])
def test_broken_text_is_no_reason_to_fail(text):
    assert same_rows(text) == same_rows(text)
