"""Columns as codes, milliseconds and texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.calls import Target, codes, milliseconds, texts

TEXTS = st.lists(st.sampled_from(["a", "b", "", None]), max_size=8)
STAMP = pa.timestamp("ns", "UTC")


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind or pa.string())])


@given(TEXTS, TEXTS)
def test_codes_are_equal_exactly_where_the_texts_are_even_across_columns(first, second):
    one, other = codes(column(first), column(second))
    assert (len(one), len(other)) == (len(first), len(second))
    listed = list(zip([*one, *other], [*first, *second], strict=True))
    for code, text in listed:
        assert (code == -1) == (text is None)
        for code2, text2 in listed:
            assert (code == code2) == (text == text2)


def test_chunks_with_dictionaries_of_their_own_share_codes():
    kind = pa.dictionary(pa.int32(), pa.string())
    chunks = [pa.array(["b", "a"]).cast(kind), pa.array(["a", "b"]).cast(kind)]
    (found,) = codes(pa.chunked_array(chunks))
    assert found[0] == found[3] != found[1] == found[2]


def test_times_are_milliseconds_since_the_first_and_keep_a_nanosecond():
    begin = 1_767_225_600_000_000_000
    found = milliseconds(column([begin + 2_500_001, None, begin], STAMP))
    assert found[2] == 0.0
    assert np.isnan(found[1])
    assert found[0] == 2.500001


def test_no_known_time_is_no_error():
    assert np.isnan(milliseconds(column([None, None], STAMP))).all()
    assert len(milliseconds(column([], STAMP))) == 0


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=9))
def test_differences_of_times_are_kept(micros):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = milliseconds(column([start + timedelta(microseconds=us) for us in micros], STAMP))
    assert found == pytest.approx([(us - min(micros)) / 1000 for us in micros])


def test_texts_of_chosen_rows_come_in_the_order_asked_for():
    assert texts(column(["a", None, "c"]), np.array([2, 0, 1])) == ["c", "a", None]
    assert texts(column(["a", None])) == ["a", None]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (Target(fingerprint="select ?", url="u"), "select ?"),
        (Target(url="GET /a"), "GET /a"),
        (Target(), ""),
    ],
)
def test_a_target_is_shown_as_its_statement_or_url(target, text):
    assert target.text == text


def test_equal_targets_are_one_key():
    assert len({Target(url="u", peer="p"), Target(url="u", peer="p"), Target(url="u")}) == 2
