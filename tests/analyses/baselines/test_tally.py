import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses import groups
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.baselines.tally import BANDS, Tally, counted


def tally(data):
    requests = tables.from_columns(
        "requests",
        {
            "route": pa.array([route for route, *_ in data], pa.string()),
            "duration_ms": [ms for _, ms, *_ in data],
            "weight": [row[2] if len(row) > 2 else None for row in data],
        },
    )
    found, by = rows(requests), groups.encode(requests["route"])
    return counted(found, by, by.ordered(found.ms, found.timed, found.weight), sketch=True)


def test_the_bands_are_those_that_people_feel():
    assert list(BANDS.values()) == [100, 300, 1000, 3000]
    found = tally([("/a", ms) for ms in (99.9, 100.0, 299.0, 300.0, 999.0, 2999.0, 3000.0, 1e9)])
    assert [found.sums[name][0] for name in (*BANDS, "broken")] == [1, 2, 2, 1, 2]


def test_weights_count_in_every_sum():
    found = tally([("/a", 50.0, 3.0), ("/a", 2000.0, 2.0), ("/a", None, 7.0)])
    assert {name: values[0] for name, values in found.sums.items()} == {
        "requests": 12,
        "errors": 0,
        "judged": 0,
        "timed": 5,
        "squares": 13,
        "total_ms": 4150,
        "instant": 3,
        "snappy": 0,
        "noticeable": 0,
        "slow": 2,
        "broken": 0,
    }


def test_all_groups_together_are_one():
    data = [("/a", 5.0), ("/b", 7.0), (None, 9.0)]
    found = tally(data).joined()
    assert found.labels == (None,)
    assert found.sums["requests"].tolist() == [3]
    assert (found.min_ms[0], found.max_ms[0]) == (5, 9)
    assert found.sketch.quantiles(0.5, 1)[0] == pytest.approx(7, rel=0.01)


def test_groups_can_be_left_out():
    found = tally([("/a", 5.0), ("/b", 7.0)]).without({"/a"})
    assert found.labels == ("/b", None)
    assert found.sketch.quantiles(0.5, 2)[0] == pytest.approx(7, rel=0.01)
    assert np.isnan(found.max_ms[1])


def test_parts_are_renumbered_by_their_labels():
    whole, (first, second) = Tally.merged([tally([("/b", 1.0)]), tally([("/a", 2.0)])])
    assert whole.labels == ("/b", None, "/a")
    assert (first.tolist(), second.tolist()) == ([0, 1], [2, 1])
