import pytest

from perfkit.analyses.n_plus_one_pattern import Pattern
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.find import Repeat
from perfkit.analyses.repeats.growth import growth, rows_told

SQL = Target(fingerprint="select a from b where c = ?")
NUMBERS = {"time_ms": 9.0, "call_ms": 1.0, "share": 0.5}


def grown(counts, rows=None):
    texts = dict.fromkeys(("trace_id", "route", "parent", "source"))
    found = [Repeat(node=0, target=SQL, repeats=n, **NUMBERS, **texts) for n in counts]
    told = rows or [None] * len(counts)
    return growth(Pattern(target=SQL, route=None, found=found), lambda repeats: told)


@pytest.mark.parametrize(
    ("counts", "rows", "expected"),
    [
        ((10, 20, 30), (10, 20, 30), "rows"),
        ((10, 20, 30), (11, 19, 30), "rows"),
        ((10, 20, 30), (50, 20, 30), "varies"),
        ((10, 20, 30), (None, 20, 30), "varies"),
        ((10, 20, 30), None, "varies"),
        ((10, 10, 10), (10, 10, 10), "constant"),
        ((10, 10), None, ""),
        ((10,), (10,), ""),
    ],
)
def test_n_follows_the_rows_or_varies_or_is_always_the_same(counts, rows, expected):
    assert grown(counts, rows) == expected


@pytest.mark.parametrize(
    ("told", "rows"),
    [
        ({"db.response.returned_rows": 40}, 40.0),
        ({"meta.db.row_count": "12"}, 12.0),
        ({"db.response.returned_rows": "many", "db.row_count": 3}, 3.0),
        ({"rows": 3}, None),
    ],
)
def test_rows_have_several_names(told, rows):
    assert rows_told(told) == rows
