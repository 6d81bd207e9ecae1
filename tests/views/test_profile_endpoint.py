"""The figure of a profile is one request from left to right."""

import pyarrow as pa
import pytest

from perfkit.results import Result
from perfkit.views import figure_text

ROWS = [
    {"class": "database", "ms": 60.0, "share": 0.6},
    {"class": "Python (CPU)", "ms": 30.0, "share": 0.3},
    {"class": "waiting <b>", "ms": 10.0, "share": 0.1},
]


@pytest.fixture
def figure():
    return Result(
        analysis="profile_endpoint",
        question="Where?",
        headline="GET /x takes 100 ms, 60 % of it database",
        arrow=pa.Table.from_pylist(ROWS),
        noun="classes",
    ).figure


def test_bars_follow_each_other_up_to_the_total(figure):
    (bar,) = figure.data
    assert list(bar.base) == [0, 60, 90]
    assert bar.base[-1] + bar.x[-1] == 100


def test_every_bar_is_labelled_and_names_stay_text(figure):
    assert figure.data[0].text[0] == "60 ms, 60.0 %"
    assert "<b>" not in figure.to_json()
    assert "database" in figure_text.as_text(figure)
