from __future__ import annotations

import pyarrow as pa
import pytest

from perfkit.analyses.alerts import rows, thresholds
from perfkit.analyses.alerts.look import Look
from perfkit.analyses.alerts.rules import route_rows
from perfkit.recording import Recording


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("/a",), ".where(route='/a')"),
        (("/a", "PUT"), ".where(route='/a', method='PUT')"),
        (("it's", None), """.where(route="it's")"""),
        (("(unknown)",), ""),
        (("no route", "GET"), ".where(method='GET')"),
    ],
)
def test_what_cannot_be_selected_is_left_out(chosen, said):
    assert route_rows.where(*chosen) == said


def test_the_figures_of_a_method_are_those_of_its_rows():
    table = pa.table(
        {
            "route": ["/a"] * 5,
            "method": ["GET", "GET", "POST", "POST", "POST"],
            "status": [200, 200, 500, 200, None],
            "duration_ms": [1.0, 2.0, 9.0, None, 7.0],
        }
    )
    look = Look(Recording(), rows.read(table), thresholds.limits(None))
    post = look.rows.method.labels.index("POST")
    row = route_rows.figures(look, 0, post)
    assert (row["requests"], row["known"], row["failures"]) == (3, 2, 1)
    assert (row["p50_ms"], row["max_ms"], row["shown"]) == (8.0, 9.0, "POST /a")
    assert route_rows.figures(look, 0)["requests"] == 5
