import numpy as np
import pytest

from perfkit.analyses.external import outcomes


@pytest.mark.parametrize(
    ("status", "error", "remote", "expected"),
    [
        (200, None, False, "..."),
        (404, "404", False, "..."),
        (500, "500", False, "f.."),
        (200, "IncompleteRead", False, "f.."),
        (429, None, False, "f.l"),
        (504, "504", False, "ft."),
        (408, None, False, "ft."),
        (None, "ReadTimeout", False, "ft."),
        (None, "context deadline exceeded", False, "ft."),
        (None, "ETIMEDOUT", False, "ft."),
        (None, "ConnectionRefused", False, "f.."),
        (None, None, False, "..."),
        (0, None, True, "..."),
        (5, "NOT_FOUND", True, "..."),
        (14, None, True, "f.."),
        (4, None, True, "ft."),
        (8, None, True, "f.l"),
    ],
)
def test_how_a_call_ends(table, status, error, remote, expected):
    rows = table("spans", [{"status": status, "error": error}])
    flags = np.array([remote])
    told = (
        outcomes.failed(rows, flags),
        outcomes.timed_out(rows, flags),
        outcomes.limited(rows, flags),
    )
    letters = zip("ftl", told, strict=True)
    assert "".join(letter if found[0] else "." for letter, found in letters) == expected
