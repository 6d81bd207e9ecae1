"""What a request gains is what nothing else holds up."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.parallel.gain import at_owner

MS = 1_000_000


def gained(forest, write, name, saved_ms):
    found = forest(write, 1)
    row = found.texts("name").index(name)
    return at_owner(found, np.array([row]), np.array([saved_ms * MS]))[0] / MS


def nested(request, n, beside=None):
    outer = request.work(80.0, "outer", at=1.0)
    request.work(60.0, "inner", at=2.0, parent=outer)
    if beside:
        request.work(beside[1], "beside", at=beside[0], parent=outer)


@pytest.mark.parametrize(
    ("beside", "gain"),
    [
        (None, 40.0),
        ((3.0, 20.0), 39.0),  # ends 39 ms before
        ((3.0, 55.0), 4.0),
        ((3.0, 70.0), 0.0),  # ends later
        ((61.0, 10.0), 0.0),
        ((70.0, 10.0), 40.0),  # begins behind it
        ((0.5, 1.0), 40.0),  # ends before
    ],
)
def test_spans_beside_cap_the_gain(forest, beside, gain):
    found = gained(forest, lambda request, n: nested(request, n, beside), "inner", 40)
    assert found == pytest.approx(gain)


def test_what_outlives_the_request_gains_nothing_for_it(forest):
    def write(request, n):
        request.work(80.0, "late", at=1.0)
        request.rows[0]["duration_ms"] = 51.0

    assert gained(forest, write, "late", 20) == 0
    assert gained(forest, write, "late", 50) == pytest.approx(20.0)


def test_the_request_itself_gains_all(forest):
    assert gained(forest, nested, "GET /page", 30) == 30
