"""Columns of logged statements as tables."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.orm.statement_rows import durations, joined, json_members, queries

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


def test_only_known_durations_have_a_kind():
    rows = queries(
        pa.array(["select 1", "select 2"]), np.array([1, 2]), {"duration_ms": pa.array([1.0, None])}
    )
    assert rows["duration_kind"].to_pylist() == ["client", None]
    assert rows["fingerprint"].to_pylist() == ["select ?"] * 2
