import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.proofs.definition import define, define_all

names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12)


class Text:
    """Stands for a candidate whose text is anything."""

    name = "x"


def test_the_parts_of_an_index_are_told_apart(index_on):
    one = index_on(
        "user_id", "(lower(note))", "created_at DESC", include=("total",),
        where="status = 'pending' AND (id > 3)", unique=True,
    )  # fmt: skip
    parts = define(one)
    assert parts.keys == ("user_id", "( lower ( note ) )", "created_at")
    assert parts.included == ("total",)
    assert parts.predicate == "status = 'pending' AND ( id > 3 )"
    assert (parts.method, parts.unique) == ("btree", True)
    known = ["id", "status", "note", "user_id", "total", "created_at", "other"]
    assert parts.columns(known) == ("user_id", "note", "created_at", "total", "status", "id")
    assert {call.name for call in parts.mentions.calls} >= {"lower"}
    assert parts.named("n").startswith("CREATE UNIQUE INDEX n ON public . orders ( user_id ,")
    assert parts.unnamed.startswith("CREATE UNIQUE INDEX ON public . orders (")


def test_method_place_and_companions(index_on):
    gin = index_on("note", method="gin", companions=(index_on("total"),))
    assert define(gin).method == "gin"
    assert define(gin).predicate is None
    assert define(gin).included == ()
    moved = define(gin, schema="else where", table="copy").unnamed
    assert 'ON "else where" . copy USING gin ( note )' in moved
    assert [each.keys for each in define_all(gin)] == [("note",), ("total",)]


@given(names, names, names)
def test_hostile_names_stay_one_name_each(table, column, schema):
    candidate = Candidate(schema=schema, table=table, keys=(SortKey(column=column),))
    parts = define(candidate)
    assert parts.keys == (quoted(column),)
    assert parts.columns([column]) == (column,)
    assert parts.named("n") == (
        f"CREATE INDEX n ON {quoted(schema)} . {quoted(table)} ( {quoted(column)} )"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE orders",
        "CREATE TABLE t (a int)",
        "CREATE INDEX a ON t (b); CREATE INDEX c ON t (d)",
        "CREATE INDEX a",
        "",
    ],
)
def test_anything_but_one_create_index_is_refused(index_on, sql, monkeypatch):
    monkeypatch.setattr(Candidate, "sql", lambda self, concurrently: sql)
    with pytest.raises(UsageError, match="not one CREATE INDEX"):
        define(index_on("a"))


def test_settings_around_the_create_index_are_left_out(index_on, monkeypatch):
    text = "SET lock_timeout = '5s'; -- first\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);"
    monkeypatch.setattr(Candidate, "sql", lambda self, concurrently: text)
    assert define(index_on("a")).named("b") == "CREATE INDEX b ON t ( a )"
