import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import sketch as module
from perfkit.sketch import Sketch, sums_by

VALUES = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.just(0.0), st.floats(1e-4, 1e7))),
    min_size=1,
    max_size=120,
)


def of(rows):
    return Sketch.of(np.array([v for _, v in rows]), np.array([g for g, _ in rows]))


def same(one, other):
    return (
        one.level == other.level
        and one.group.tolist() == other.group.tolist()
        and one.bucket.tolist() == other.bucket.tolist()
        and one.count.tolist() == other.count.tolist()
    )


@given(VALUES, st.sampled_from([0.0, 0.25, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_one_percent_of_numpys(rows, q):
    found = of(rows).quantiles(q, 5)
    for group in range(5):
        values = [value for number, value in rows if number == group]
        if values:
            expected = np.quantile(values, q)
            assert found[group] == pytest.approx(expected, rel=0.01 + 1e-9, abs=1e-9)
        else:
            assert np.isnan(found[group])


@given(VALUES, st.lists(st.integers(0, 120), max_size=4), st.sampled_from([3, 20, 10**6]))
def test_parts_add_up_to_the_whole_wherever_it_is_cut(rows, cuts, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LIMIT", limit)
        places = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
        pairs = itertools.pairwise(places)
        parts = [of(rows[low:high]) for low, high in pairs if high > low]
        whole = of(rows)
        assert same(Sketch.merged(parts), whole)
        assert same(Sketch.merged(parts[::-1]), whole)
        assert same(Sketch.merged([parts[0], Sketch.merged(parts[1:])]), whole)


def test_too_many_buckets_are_joined_and_the_error_says_so(monkeypatch):
    values = np.geomspace(1e-3, 1e5, 10_000)
    fine = Sketch.of(values, np.zeros(10_000, np.int64))
    monkeypatch.setattr(module, "LIMIT", 300)
    coarse = Sketch.of(values, np.zeros(10_000, np.int64))
    assert len(coarse.group) <= 300 < len(fine.group)
    assert fine.relative_error == pytest.approx(0.01)
    assert 0.01 < coarse.relative_error < 0.05
    for q in (0.01, 0.5, 0.99):
        expected = np.quantile(values, q)
        assert coarse.quantiles(q, 1)[0] == pytest.approx(expected, rel=coarse.relative_error)


def test_a_weight_counts_as_so_many_values():
    weighted = Sketch.of(np.array([1.0, 100.0]), np.zeros(2, np.int64), np.array([9.0, 1.0]))
    repeated = of([(0, 1.0)] * 9 + [(0, 100.0)])
    assert same(weighted, repeated)


def test_groups_are_renumbered_and_chosen():
    two = of([(0, 1.0), (1, 5.0), (1, 7.0)])
    merged = Sketch.merged([two], [np.array([4, 2])])
    assert merged.quantiles(1.0, 5)[4] == pytest.approx(1.0, rel=0.01)
    assert merged.quantiles(1.0, 5)[2] == pytest.approx(7.0, rel=0.01)
    chosen = merged.only(np.array([2]))
    assert chosen.group.tolist() == [0, 0]
    assert merged.only(np.array([], np.int64)).group.tolist() == []


def test_a_sketch_of_nothing_is_empty_and_travels():
    nothing = Sketch.merged([])
    assert np.isnan(pickle.loads(pickle.dumps(nothing)).quantiles(0.5, 2)).all()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-(10**9), 10**9), st.integers(-9, 9))))
def test_sums_by_two_numbers_are_those_of_a_dictionary(rows):
    expected = {}
    for first, second, value in rows:
        expected[first, second] = expected.get((first, second), 0) + value
    columns = [np.array([row[i] for row in rows], np.int64) for i in range(3)]
    first, second, (sums,) = sums_by(columns[0], columns[1], columns[2].astype(float))
    found = zip(first.tolist(), second.tolist(), sums.tolist(), strict=True)
    assert list(found) == [(*key, value) for key, value in sorted(expected.items())]
