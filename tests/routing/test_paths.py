"""Paths are cut and put together again, and rows are numbered by what they hold."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.routing.paths import DEEPEST, Sections, numbered, shaped

PATHS = st.lists(st.text("ab/", max_size=12), max_size=20)


@given(PATHS)
def test_a_cut_path_joins_to_itself(texts):
    cut = Sections.of(pa.array(texts, pa.string()))
    assert cut.joined().to_pylist() == texts
    assert cut.depth.tolist() == [text.count("/") + 1 for text in texts]


@given(PATHS, st.integers(0, 5))
def test_a_section_is_found_at_its_place(texts, place):
    cut = Sections.of(pa.array(texts, pa.string()))
    split = [text.split("/") for text in texts]
    expected = [parts[place] if place < len(parts) else None for parts in split]
    found = [None if code < 0 else cut.texts[int(code)].as_py() for code in cut.at(place)]
    assert found == expected


def test_a_slice_is_cut_like_the_whole():
    paths = pa.array(["/a/b", "/c/d/e", "/f"])
    assert Sections.of(paths.slice(1)).joined().to_pylist() == ["/c/d/e", "/f"]


def test_of_a_very_deep_path_the_beginning_is_left():
    deep = Sections.of(pa.array(["/a" * 40_000, "/b/c"])).shallow()
    assert deep.depth.tolist() == [DEEPEST, 3]
    assert deep.joined().to_pylist() == ["/a" * (DEEPEST - 1), "/b/c"]


@given(st.lists(st.tuples(st.integers(-1, 2**40), st.integers(-1, 2**40), st.integers(-1, 2**40))))
def test_rows_have_the_same_number_when_all_columns_are_the_same(rows):
    columns = [np.array([row[n] for row in rows], np.int64) for n in range(3)]
    number, count = numbered(*columns)
    assert count == len(set(rows))
    assert len(set(zip(rows, number.tolist(), strict=True))) == count


def test_ids_go_by_shape_and_what_is_unknown_stays_so():
    targets = pa.array(["/orders/17?page=2", None, "/orders/18/", "/orders/new"])
    assert shaped(targets).to_pylist() == ["/orders/{id}", None, "/orders/{id}", "/orders/new"]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30).map("/{}".format)))
def test_shaping_twice_is_shaping_once(paths):
    once = shaped(pa.array(paths, pa.string()))
    assert shaped(once).to_pylist() == once.to_pylist()
