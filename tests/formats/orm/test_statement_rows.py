"""Columns of logged statements as tables."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.orm.statement_rows import durations, joined, json_members, queries, slow_pairs

TEXTS = st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=12), max_size=8)


@given(TEXTS)
def test_members_are_json_whatever_the_texts(texts):
    column = pa.array(texts, pa.string())
    flags = pa.array([text is not None and len(text) > 3 for text in texts], pa.bool_())
    found = json_members(text=column, long=flags).to_pylist()
    for text, flag, member in zip(texts, flags.to_pylist(), found, strict=True):
        if text is None and not flag:
            assert member is None
            continue
        decoded = json.loads(member)
        assert decoded.get("long", False) == flag
        assert (decoded.get("text") is None) == (text is None)
        if text is not None and text.isprintable():
            assert decoded["text"] == text


@pytest.mark.parametrize(
    ("text", "ms"), [("0.005", 5.0), ("12", 12_000.0), ("", None), ("1e5", None), ("9" * 15, None)]
)
def test_a_number_is_a_duration_when_it_can_be_one(text, ms):
    assert durations(pa.array([text]), 1000.0).to_pylist() == [ms]


def test_what_is_known_is_joined():
    parts = (pa.array(["a", None, ""]), pa.array([None, None, "c"]), pa.array(["b", None, "d"]))
    assert joined(*parts).to_pylist() == ["a b", "", "c d"]


def test_a_slow_query_belongs_to_the_last_statement_of_its_shape():
    texts = pa.array(["select 1", "select 2", "select b", "select 3"])
    slow = pa.array(["select 9", "select b", "select c"])
    pairs = slow_pairs(texts, np.array([0, 2, 4, 9]), slow, np.array([5, 6, 7]))
    assert pairs.tolist() == [-1, 0, 1, -1]


def test_only_known_durations_have_a_kind():
    rows = queries(
        pa.array(["select 1", "select 2"]), np.array([1, 2]), {"duration_ms": pa.array([1.0, None])}
    )
    assert rows["duration_kind"].to_pylist() == ["client", None]
    assert rows["fingerprint"].to_pylist() == ["select ?"] * 2
