"""Parts of requests add up to the whole, wherever it was cut."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses import groups
from perfkit.analyses.baselines import partial
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.baselines.tally import BANDS

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["/a", "/b", None]),
        st.one_of(st.none(), st.floats(0, 1e5)),
        st.sampled_from([200, 404, 503, None]),
        st.sampled_from(["GET", "POST", None]),
        st.sampled_from(["hit", "miss", None]),
        st.one_of(st.none(), st.floats(0, 100)),
    ),
    max_size=60,
)
COLUMNS = ("route", "duration_ms", "status", "method", "cache_status", "upstream_ms")


def counted(data, *, sketch=True):
    columns = {name: [row[at] for row in data] for at, name in enumerate(COLUMNS)}
    requests = tables.from_columns("requests", columns)
    return partial.counted(rows(requests), groups.encode(requests["route"]), sketch=sketch)[0]


def told(part):
    """What a part says, by labels instead of numbers."""
    tallies = {
        (name, label): {**{n: v[place] for n, v in tally.sums.items()}, "max": tally.max_ms[place]}
        for name, tally in part.tallies.items()
        for place, label in enumerate(tally.labels)
        if tally.sums["requests"][place]
    }
    cells = part.statuses
    statuses = {
        (part.routes.labels[group], status): count
        for group, status, count in zip(
            cells.group.tolist(), cells.status.tolist(), cells.requests.tolist(), strict=True
        )
    }
    return tallies, statuses, part.methods


def assert_same(one, other):
    for left, right in zip(told(one), told(other), strict=True):
        if isinstance(left, frozenset):
            assert left == right
            continue
        assert left.keys() == right.keys()
        for key, value in left.items():
            assert right[key] == pytest.approx(value, nan_ok=True)


@given(ROWS, st.integers(1, 30))
def test_parts_add_up_wherever_they_are_cut(data, size):
    whole = counted(data)
    parts = [counted(data[at : at + size]) for at in range(0, len(data), size)] or [counted([])]
    assert_same(partial.merge(parts), whole)
    assert_same(partial.merge([pickle.loads(pickle.dumps(part)) for part in parts]), whole)


@given(ROWS)
def test_counts_do_not_depend_on_whether_there_is_a_sketch(data):
    assert_same(counted(data), counted(data, sketch=False))


@given(ROWS)
def test_bands_hold_every_request_with_a_duration_once(data):
    sums = counted(data).routes.sums
    edges = [*BANDS.values(), np.inf]
    for band, low, high in zip([*BANDS, "broken"], [-np.inf, *edges], edges, strict=False):
        expected = sum(ms is not None and low <= ms < high for _, ms, *_ in data)
        assert sums[band].sum() == expected


@given(ROWS)
def test_routes_with_one_name_become_one(data):
    part = partial.named(counted(data), {"/a": "/x", "/b": "/x", None: None})
    renamed = [("/x" if row[0] else None, *row[1:]) for row in data]
    assert_same(part, counted(renamed))


@given(ROWS)
def test_routes_can_be_left_out(data):
    part = partial.without(counted(data), {"/a"})
    tallies, statuses, methods = told(part)
    rest = told(counted([row for row in data if row[0] != "/a"]))
    kept = {key: value for key, value in rest[0].items() if key[0] in part.tallies}
    assert tallies.keys() == kept.keys()
    assert (statuses, methods) == rest[1:]


def test_the_routes_that_are_drawn_are_those_with_the_most_time():
    data = [(f"/{n}", float(n), 200, "GET", None, None) for n in range(1, 50)]
    part = counted(data, sketch=False)
    assert [part.routes.labels[n] for n in part.drawn] == [
        f"/{n}" for n in range(49, 49 - partial.DRAWN, -1)
    ]
    assert counted(data).drawn is None
