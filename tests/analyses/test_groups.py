import numpy as np
import pyarrow as pa
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
    parts = list(by.split(values, everything))
    for label, part, total in zip(by.labels, parts, by.total(values, everything), strict=True):
        assert part.tolist() == sorted(value for name, value in rows if name == label)
        assert total == part.sum()
    assert by.count(everything).tolist() == [len(part) for part in parts]


def test_unknown_numbers_are_nan():
    column = pa.chunked_array([pa.array([1, None], pa.int64())])
    assert np.isnan(groups.numbers(column)).tolist() == [False, True]


def test_many_short_chunks_keep_their_labels():
    rows = [[f"id{(7 * n + 13 * i * i) % 500:04}" for i in range(3)] for n in range(400)]
    column = pa.chunked_array([pa.array(row) for row in rows])  # each with a dictionary of its own
    by = groups.encode(column)
    assert [by.labels[code] for code in by.codes] == [label for row in rows for label in row]
