"""Lists and rows folded, against a simple folding of lists without nesting."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.sql_lists import fold_lists, fold_rows

_KINDS = {"in": "keyword", "values": "keyword", "select": "keyword", "?": "?", "...": "dots"}


def _pieces(text: str) -> list[tuple[str, str]]:
    """Pieces of a text with blanks between them."""
    return [(_KINDS.get(word, word if word in "()[]," else "word"), word) for word in text.split()]


def _lists(text: str) -> str:
    return " ".join(word for _, word in fold_lists(_pieces(text)))


def _rows(text: str) -> str:
    return " ".join(word for _, word in fold_rows(_pieces(text)))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a in ( ? , ? , ? )", "a in ( ? )"),
        ("a in ( ? , b , ? , b )", "a in ( ? , b , b )"),  # what is no value says something
        ("( a , b ) in ( ( ? , ? ) , ( ? , ? ) )", "( a , b ) in ( ( ? , ? ) )"),
        ("a in ( f ( ? ) , f ( ? ) , g ( ? ) )", "a in ( f ( ? ) , g ( ? ) )"),
        ("array [ ? , ? ]", "array [ ? ]"),
        ("array [ [ ? , ? ] , [ ? , ? ] ]", "array [ [ ? ] ]"),
        ("a in ( ? , ? ) and b in ( ? , ? )", "a in ( ? ) and b in ( ? )"),
        ("a in ( ? , array [ ? , ? ] )", "a in ( ? , array [ ? ] )"),
        ("a in ( )", "a in ( )"),
    ],
)
def test_values_that_repeat_are_dropped(text, folded):
    assert _lists(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        "f ( ? , ? )",
        "( ? , ? )",
        "a [ ? , ? ]",
        "a in ( select ? , ? )",
        "a in ( values ( ? ) , ( ? ) )",
        "[ [ ? , ? ] ]",
        "in",
        "array",
    ],
)
def test_what_is_no_list_of_values_stays(text):
    assert _lists(text) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a in ( ? , ?", "a in ( ?"),  # cut off within
        ("a in ( ? , ? ]", "a in ( ? , ? ]"),
        (") ] , in ( ? , ? )", ") ] , in ( ? )"),
    ],
)
def test_brackets_that_do_not_match_never_raise(text, folded):
    assert _lists(text) == folded


@settings(max_examples=150, deadline=None)
@given(elements=st.lists(st.sampled_from(["?", "? ::", "f ( ? )", "b"]), min_size=1, max_size=9))
def test_of_equal_values_the_first_stays_in_its_place(elements):
    kept = [
        text
        for place, text in enumerate(elements)
        if "?" not in text or text not in elements[:place]
    ]
    assert _lists(f"x in ( {' , '.join(elements)} ) y") == f"x in ( {' , '.join(kept)} ) y"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("values ( ? )", "values ( ? )"),
        ("values ( ? ) , ( ? ) , ( ? )", "values ( ? ) , ..."),
        ("values ( ? , f ( ? ) ) , ( ? , b ) on", "values ( ? , f ( ? ) ) , ... on"),
        ("values row ( ? ) , row ( ? )", "values row ( ? ) , ..."),
        ("values ( ? ) , ... ", "values ( ? ) , ..."),
        ("values ( ? ) , ( ? ) , b", "values ( ? ) , ... , b"),
        ("values ( ? ) , b", "values ( ? ) , b"),
        ("values ( ? ) , ( ?", "values ( ? ) , ..."),  # cut off within
        ("values ( ?", "values ( ?"),
        ("values ,", "values ,"),
        ("values", "values"),
        ("a in ( values ( ? ) , ( ? ) ) , ( ? )", "a in ( values ( ? ) , ... ) , ( ? )"),
        ("( ? ) , ( ? )", "( ? ) , ( ? )"),
    ],
)
def test_rows_after_the_first_are_dots(text, folded):
    assert _rows(text) == folded


_WORDS = st.lists(
    st.sampled_from(
        ["in", "(", ")", "[", "]", ",", "?", "b", "array", "values", "select", "row", "..."]
    ),
    max_size=20,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(text=_WORDS)
def test_what_is_folded_stays_as_it_is(text):
    once = _lists(_rows(text))
    assert _lists(_rows(once)) == once
    assert set(once.split()) <= {*text.split(), ",", "..."}


@pytest.mark.parametrize(
    "text", ["in ( " * 50_000, "in ( ( ? , " * 20_000, "values ( ? ) , " * 40_000]
)
def test_hostile_nesting_is_folded_in_linear_time(text):
    pieces = _pieces(text)
    began = time.perf_counter()
    fold_lists(fold_rows(pieces))
    assert time.perf_counter() - began < 1.5


def test_a_long_element_is_left_alone_and_the_short_ones_are_not():
    long = " + ".join(["?"] * 200)
    assert _lists(f"in ( {long} , {long} , ? , ? )") == f"in ( {long} , {long} , ? )"
