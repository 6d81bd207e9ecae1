"""Ids made of numbers against Python's own hexadecimal digits, and services by their process."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_gathered import Gathered
from perfkit.formats.traces.chrome_named import described, digits, ids
from perfkit.formats.traces.chrome_pairs import Marks


@given(numbers=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30))
def test_digits_are_those_that_python_writes(numbers):
    word = digits(np.array(numbers, np.int64))
    assert [one.tobytes().decode() for one in word] == [f"{n:08x}" for n in numbers]


@given(
    numbers=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9),
    prefix=st.text("0123456789abcdef", min_size=8, max_size=8),
)
def test_an_id_is_its_words_one_after_the_other(numbers, prefix):
    words = digits(np.array(numbers, np.int64))
    assert ids(prefix, words).to_pylist() == [f"{prefix}{n:08x}" for n in numbers]
    assert ids(words, prefix, words, words).to_pylist() == [
        f"{n:08x}{prefix}{n:08x}{n:08x}" for n in numbers
    ]


def test_no_numbers_make_no_ids():
    assert ids("00000000", digits(np.zeros(0, np.int64))).to_pylist() == []


def gathered(threads, names, each):
    none = np.zeros(0, np.int64)
    return Gathered(
        request_rows=none, query_rows=none, threads=threads, names=names,
        thread=np.array(each), lane=none,
        marks=Marks(begins=none, lane=none, time=none, name=none, cat=none),
        row=none, args=pa.chunked_array([], pa.binary()), met=Counter(),
    )  # fmt: skip


def test_a_service_is_the_name_of_the_process():
    found = described(
        gathered(
            [("1", "1"), ("1", "2"), ("9", "9")],
            {("1", ""): "shop", ("1", "2"): "io"},
            [0, 1, 2, 0],
        )
    )
    assert found["service"].to_pylist() == ["shop", "shop", None, "shop"]
    assert json.loads(found["resource"][1].as_py()) == {
        "process.pid": "1",
        "thread.id": "2",
        "thread.name": "io",
    }
    assert "thread.name" not in json.loads(found["resource"][0].as_py())


@pytest.mark.parametrize(
    ("pid", "service"),
    [("7", None), ("-1", None), ("", None), ("Renderer", "Renderer"), ("a1", "a1")],
)
def test_a_process_without_a_name_is_one_where_its_number_is_none(pid, service):
    assert described(gathered([(pid, "1")], {}, [0]))["service"].to_pylist() == [service]


def test_hostile_names_stay_text():
    evil = '"}\x00\u2028<b>'
    found = described(gathered([(evil, evil)], {(evil, evil): evil}, [0]))
    assert set(json.loads(found["resource"][0].as_py()).values()) == {evil}
