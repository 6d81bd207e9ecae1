import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats import lines

texts = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"", b"\t"])).map(b"".join)


@given(texts)
def test_line_starts_agree_with_splitting(data):
    starts = lines.line_starts(data)
    found = [data[a:b] for a, b in itertools.pairwise(starts)]
    assert found == data.splitlines(keepends=True)
    assert lines.count_lines(data) == len(found)


@given(texts)
def test_a_cut_is_behind_a_line_end(data):
    at = lines.cut_at_line(data)
    assert at == 0 or data[at - 1 : at] == b"\n"
    assert b"\n" not in data[at:]


@given(st.lists(st.integers(0, 20), min_size=2, max_size=10).map(sorted))
def test_segments_are_slices(offsets):
    data = b"abcdefghijklmnopqrstuvwxyz"
    starts, ends = offsets[0 : len(offsets) // 2 * 2 : 2], offsets[1::2]
    import numpy as np

    found = lines.segments(data, np.array(starts, np.int64), np.array(ends, np.int64))
    assert found.to_pylist() == [data[a:b].decode() for a, b in zip(starts, ends, strict=True)]


@settings(max_examples=30)
@given(texts, st.sampled_from([b"a", b"\n", b"\n\n", b"bc\n"]), st.integers(0, 3))
def test_every_place_of_a_word_is_found(data, word, blocks):
    data += b"bc\n" * (blocks * 100_000)  # in several blocks, the words across their edges
    expected = [at.start() for at in re.finditer(b"(?=" + re.escape(word) + b")", data)]
    assert lines.find_all(data, word).tolist() == expected
