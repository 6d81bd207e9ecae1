import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses import groups

ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "", None]), st.floats(0, 100)), max_size=60)


@given(ROWS, st.booleans())
def test_groups_hold_the_rows_of_their_label(rows, as_dictionary):
    column = pa.chunked_array([pa.array([label for label, _ in rows], pa.string())])
    by = groups.encode(column.dictionary_encode() if as_dictionary else column)
    assert [by.labels[code] for code in by.codes] == [label for label, _ in rows]
    values = np.array([value for _, value in rows])
    everything = np.ones(len(rows), dtype=bool)
    ordered = by.ordered(values, everything)
    parts = list(ordered.parts())
    for label, part, total in zip(by.labels, parts, by.total(values, everything), strict=True):
        assert part.tolist() == sorted(value for name, value in rows if name == label)
        assert total == part.sum()
    assert by.count(everything).tolist() == [len(part) for part in parts]
    assert ordered.counts.tolist() == [len(part) for part in parts]
    for place, part in enumerate(parts):
        if len(part):
            assert (ordered.lowest()[place], ordered.highest()[place]) == (part[0], part[-1])
        else:
            assert np.isnan([ordered.lowest()[place], ordered.highest()[place]]).all()


def test_unknown_numbers_are_nan():
    column = pa.chunked_array([pa.array([1, None], pa.int64())])
    assert np.isnan(groups.numbers(column)).tolist() == [False, True]


def test_many_short_chunks_keep_their_labels():
    rows = [[f"id{(7 * n + 13 * i * i) % 500:04}" for i in range(3)] for n in range(400)]
    column = pa.chunked_array([pa.array(row) for row in rows])  # each with a dictionary of its own
    by = groups.encode(column)
    assert [by.labels[code] for code in by.codes] == [label for row in rows for label in row]


def test_an_unknown_label_of_a_dictionary_is_unknown():
    texts = pa.array(["b", None, "a"])
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None], pa.int32()), texts)
    by = groups.encode(pa.chunked_array([column]))
    assert (by.labels, by.codes.tolist()) == (["a", "b", None], [1, 2, 0, 2])


@pytest.mark.parametrize("most", [3, 255, 256, 65_535, 65_536, 200_000])
def test_rows_are_ordered_by_code_and_then_as_they_came(most):
    rng = np.random.default_rng(most)
    codes = np.append(rng.integers(0, most + 1, 2000), most).astype(np.int32)
    assert groups.order(codes).tolist() == np.argsort(codes, kind="stable").tolist()


@given(ROWS)
def test_weights_count_as_so_many(rows):
    by = groups.encode(pa.chunked_array([pa.array([label for label, _ in rows], pa.string())]))
    values = np.array([value for _, value in rows])
    weight = np.arange(len(rows)) % 3 + 1.0
    ordered = by.ordered(values, weight=weight)
    assert by.count(weight=weight) == pytest.approx(ordered.known())
    for place, label in enumerate(by.labels):
        mine = [(v, w) for (name, v), w in zip(rows, weight, strict=True) if name == label]
        assert ordered.sums()[place] == pytest.approx(sum(v * w for v, w in mine))
        assert ordered.squares()[place] == sum(w * w for _, w in mine)
        below = [counts[place] for counts in ordered.below([10.0, 50.0])]
        assert below == [sum(w for v, w in mine if v < edge) for edge in (10.0, 50.0)]


@given(ROWS, st.booleans())
def test_pairs_of_group_and_number_are_counted(rows, weighted):
    by = groups.encode(pa.chunked_array([pa.array([label for label, _ in rows], pa.string())]))
    numbers = np.array([int(value) % 7 for _, value in rows], np.int16)
    weight = np.full(len(rows), 2.0) if weighted else None
    for width in (7, 1 << 20):  # counters for all, and for what occurs only
        group, number, count = by.crossed(numbers, width, weight)
        found = dict(zip(zip(group.tolist(), number.tolist(), strict=True), count, strict=True))
        expected = {}
        for code, one in zip(by.codes.tolist(), numbers.tolist(), strict=True):
            expected[code, one] = expected.get((code, one), 0) + (2 if weighted else 1)
        assert found == expected


def test_pieces_are_all_rows():
    assert [part for piece in groups.pieces(70_000) for part in range(70_000)[piece]] == list(
        range(70_000)
    )
    assert list(groups.pieces(0)) == []


@pytest.mark.parametrize("counters", [0, 100, 200_000])
def test_numbers_are_counted_in_pieces(counters):
    rng = np.random.default_rng(counters)
    codes = rng.integers(0, 50, 150_000).astype(np.int32)
    parts = (codes[part] for part in groups.pieces(len(codes), counters))
    assert groups.occurring(parts, 51).tolist() == np.bincount(codes, minlength=51).tolist()
    by = groups.Groups([*map(str, range(50)), None], codes)
    assert by.sizes.tolist() == np.bincount(codes, minlength=51).tolist()


def test_a_dictionary_in_order_is_taken_as_it_is():
    column = pa.chunked_array([pa.array(["a", "b", "a"]).dictionary_encode()])
    by = groups.encode(column)
    assert by.codes.tolist() == [0, 1, 0]
    assert by.codes.ctypes.data == column.chunk(0).indices.buffers()[1].address
