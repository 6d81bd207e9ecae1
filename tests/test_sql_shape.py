from __future__ import annotations

import gc
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfkit.sql_shape import shape

PIECES = """-- /* */ :: := $$ $a$ $1 %s %(a)s :a array[ row( E' U&' u&\" 1e 0x 1. ... ?|
    in values array ->> @p1 \\' '' null İ Σ"""
HOSTILE = """' \" in( (?, in(?, values(1),(2), /* $ %( 1.1. [ \\' :a $a values(( E'\\ 1_ a ::
    -- array[ t_286, array[[ null, extract( _? t_286. from,"""


# Text made of the fragments that can trip a tokeniser.
fragments = st.lists(
    st.sampled_from(
        [
            *"'\"`$?:%@.,;()[]{}+-*/<>=~!|&^#\\ \n\tabeEnx019_é\u00a0\U0001f600\x00",
            *PIECES.split(),
            *("in (", "values (", "select ", " and ", ", ", "), (", "?, "),
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=1500)
@given(fragments)
@example("a[ : b]")
@example(". . .5")
@example("in(?,in(?")
@example("values(1),(2) - 3")
@example("a:: : b")
@example("a[b: =c]")
@example("a[$1:an$1")
@example('a[@p1_:u&"b"]')
@example("_ [ :a : _? from ] and 'a' \n _?")
@example("from t_286, x_ ?|")
def test_the_shape_of_a_shape_is_itself(text):
    for dialect in ("standard", "mysql"):
        once = shape(text, dialect)
        assert shape(once, dialect) == once


@pytest.mark.parametrize("unit", [*HOSTILE.split(), " \n", "''' ", "` `", "$a$ ", "- "])
def test_hostile_text_takes_time_in_proportion_to_its_length(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit)) + "x"
        gc.disable()  # its time depends on what other tests left behind
        try:
            begin = time.process_time()
            shape(text)
            return time.process_time() - begin
        finally:
            gc.enable()

    # Ten times the length; a quadratic rule would take a hundred times as long.
    assert min(seconds(300_000) for _ in range(2)) < 60 * max(seconds(30_000), 0.02)
