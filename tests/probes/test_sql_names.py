import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.postgres_sql import tokenise
from perfkit.probes.sql_names import ANYWHERE, Called, Names, names_in


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        ("select A(1), \"B\" /* x */ (2), 'e(4)', f", {("a", ""), ("B", "")}),
        ('select c . d (3), "S"."F"(1)', {("d", "c"), ("F", "S")}),
        ("select db.s.f(1), pg_temp.g(2)", {("f", "s"), ("g", ANYWHERE)}),
        ("select (1), -- f(2)\n $$ g(3) $$", set()),
        ("", set()),
    ],
)
def test_names_in_front_of_parentheses_are_found_through_comments_and_quotes(sql, calls):
    expected = {Called(*call) for call in calls}
    assert expected <= names_in(sql).calls
    assert all(call in expected or call.name == "select" for call in names_in(sql).calls)


def test_every_name_and_the_content_of_short_strings_are_words():
    words = names_in("select a.\"B c\", 'public.\"Odd\"'::regtype, E'd' from T").words
    assert {"a", "B c", "public", "Odd", "regtype", "d", "t"} <= words
    assert not any(len(word) > 300 for word in names_in(f"select '{'x' * 5000}'").words)


def test_an_operator_counts_with_all_its_beginnings():
    assert {"<", "<<", "<<<", "<<<-"} <= names_in("select 1 <<<-2").operators
    assert names_in("select a").operators == frozenset()


def test_names_join_and_those_of_a_body_may_be_anywhere():
    one, two = names_in("f(1)"), names_in("s.g(a + 1)")
    both = one | two
    assert both.calls == one.calls | two.calls
    assert both.words == one.words | two.words
    assert both.operators == two.operators
    assert both.anywhere().calls == {Called("f", ANYWHERE), Called("g", "s")}
    assert Names() | both == both


@given(st.text(max_size=60))
def test_any_text_has_names_and_its_tokens_the_same(text):
    assert names_in(text) == names_in(list(tokenise(text)))
