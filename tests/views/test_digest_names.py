"""Names of rows and steps of time in the pictures of a digest."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.views.digest_names import by_row, edges, lasting, minutes, times

MOST = st.integers(2, 200)
SPANS = st.lists(st.integers(0, 10**8), min_size=1, max_size=6).map(lambda v: np.array(v, np.int64))


@settings(max_examples=100, deadline=None)
@given(minute=SPANS, most=MOST)
def test_steps_cover_every_minute_and_are_not_too_many(minute, most):
    first, step, count = edges(minute, most)
    place = (minute - first) // step
    assert place.min() == 0
    assert place.max() == count - 1
    assert count <= most
    assert first % step == 0


@settings(max_examples=100, deadline=None)
@given(minute=SPANS, most=MOST)
def test_a_step_that_would_do_is_not_exceeded(minute, most):
    _, step, _ = edges(minute, most)
    round_steps = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440)
    spans = {s: int(minute.max() // s - minute.min() // s + 1) for s in round_steps}
    fitting = [s for s, span in spans.items() if span <= most]
    if fitting:
        assert step == fitting[0]
    else:
        assert step % 1440 == 0


@pytest.mark.parametrize(
    ("step", "words"),
    [(1, "a minute"), (30, "30 minutes"), (60, "60 minutes"), (120, "2 hours"), (1440, "24 hours")],
)
def test_a_step_is_told_in_words(step, words):
    assert lasting(step) == words


def test_times_are_those_of_the_calendar():
    leap = int(datetime(2024, 2, 28, 23, 50, tzinfo=UTC).timestamp()) // 60
    assert times(leap, 10, 3) == ["2024-02-28T23:50", "2024-02-29T00:00", "2024-02-29T00:10"]
    assert times(0, 1, 0) == []


def test_minutes_are_counted_from_1970():
    moments = pa.array([datetime(1970, 1, 2, 0, 1, tzinfo=UTC)], pa.timestamp("ns", "UTC"))
    assert minutes(pa.table({"minute": moments})).tolist() == [1441]


def _result(**columns):
    return SimpleNamespace(arrow=pa.table(columns))


def test_rows_of_a_series_find_their_statement_and_the_rest_comes_last():
    result = _result(
        fingerprint_id=["a", "b"], fingerprint=["select 1", "select <b>"], calls=[1, 2]
    )
    table = pa.table({"fingerprint_id": ["b", "rest", "a", "b"], "calls": [1, 1, 1, 1]})
    names, place = by_row(result, table)
    assert names == ["1. select 1", "2. select &lt;b&gt;", "rest"]
    assert place.tolist() == [1, 2, 0, 1]


def test_rows_grouped_by_two_columns_are_named_by_both():
    result = _result(user=["ann", None], database=["shop", "shop"], calls=[1, 2])
    table = pa.table({"user": [None, "ann"], "database": ["shop", "shop"], "ms": [1, 2]})
    names, place = by_row(result, table)
    assert names == ["1. ann, shop", "2. None, shop", "rest"]
    assert place.tolist() == [1, 0]


def test_statements_behind_the_first_fifty_belong_to_the_rest():
    ids = [f"f{n}" for n in range(60)]
    names, place = by_row(
        _result(fingerprint_id=ids, fingerprint=ids), pa.table({"fingerprint_id": ids})
    )
    assert len(names) == 51
    assert place.tolist() == [*range(50), *[50] * 10]
