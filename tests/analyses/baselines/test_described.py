import math

import pytest

from perfkit import tables
from perfkit.analyses import groups
from perfkit.analyses.baselines.described import from_part, from_rows, table, totals
from perfkit.analyses.baselines.partial import counted
from perfkit.analyses.baselines.rows import rows


def read(data):
    columns = {name: [row.get(name) for row in data] for name in ("route", "duration_ms", "status")}
    requests = tables.from_columns("requests", columns)
    return rows(requests), groups.encode(requests["route"])


def near(value):
    if value is None or isinstance(value, str):
        return value
    return pytest.approx(value, rel=0.0101, nan_ok=True)


DATA = [
    {"route": "/a", "duration_ms": 10.0, "status": 200},
    {"route": "/b", "duration_ms": 30.0, "status": 500},
    {"route": None, "duration_ms": 30.0},
    {"route": "/c"},
]


def test_the_route_with_the_most_time_comes_first_and_among_equals_the_name():
    found, order = table(from_rows(*read(DATA)))
    assert found["route"].to_pylist() == ["/b", None, "/a", "/c"]
    assert order.tolist() == [1, 3, 0, 2]
    assert found["share"].to_pylist() == pytest.approx([3 / 7, 3 / 7, 1 / 7, 0])
    assert found["errors"].to_pylist() == [1, None, 0, None]


def test_a_part_is_described_as_its_rows_are():
    found, by = read(DATA * 50)
    exact, rough = from_rows(found, by), from_part(counted(found, by, sketch=True)[0])
    for one, other in zip(table(exact)[0].to_pylist(), table(rough)[0].to_pylist(), strict=True):
        for name, value in one.items():
            assert other[name] == near(value)
    for name, value in totals(exact).items():
        assert totals(rough)[name] == near(value)
    assert (exact.exact, rough.exact) == (True, False)


def test_nothing_has_totals_of_nothing():
    found = totals(from_rows(*read([])))
    assert (found["requests"], found["errors"], found["total_ms"]) == (0, None, 0)
    assert math.isnan(found["p95_ms"])
    assert math.isnan(found["error_rate"])
