"""Numbers become zeros where that cannot change what a text means, and nowhere else."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.sql_shape import shape
from perfkit.sql_squeeze import with_zeros

#: Short columns are left as they are.
LONG = "x" * (1 << 16)
PIECES = [
    *("select", "5", "12", "907", "a1", "t_12", "$1", "$$", "--", "/*", "*/", "\\", "E'", "N'"),
    *("'", "''", '"', "`", "1.5", "1e5", ".5", "0x1F", ":1", "?1", "%(a 1)s", "12abc", "1_0", "é"),
    *("(", ")", ",", "-", "+", "=", "[", "]", "@", "#", "\n", "in (1,2", "values (1,2),(3,4)"),
]
texts = st.builds(str.join, st.sampled_from(["", " "]), st.lists(st.sampled_from(PIECES)))


def zeroed(statements):
    column = pa.array([*statements, LONG], pa.string()).cast(pa.binary())
    return with_zeros(column).cast(pa.string()).to_pylist()[:-1]


@settings(max_examples=100)
@given(st.lists(texts, max_size=40), st.sampled_from(["standard", "mysql"]))
def test_a_text_keeps_its_shape_and_its_length(statements, dialect):
    for before, after in zip(statements, zeroed(statements), strict=True):
        assert len(after) == len(before)
        assert shape(after, dialect) == shape(before, dialect)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select a from t where b = 4711", "select a from t where b = 0000"),
        ("in (12,-3, '45');", "in (00,-0, '00');"),
        ("a1 t_12 $1 :1 ?1 1e5 0x1F 12abc 1_0", "a1 t_12 $1 :1 ?1 1e5 0x1F 12abc 1_0"),
        ('select "tab 12" where a = 5', 'select "tab 12" where a = 5'),
        ("select `tab 12` where a = 5", "select `tab 12` where a = 5"),
        ("", ""),
    ],
)
def test_only_numbers_that_stand_alone_become_zeros(statement, expected):
    assert zeroed([statement]) == [expected]
    # also where other texts touch it, in memory
    assert zeroed(["x", statement, "1", statement, "y"])[1:4:2] == [expected] * 2


def test_statements_that_differ_in_numbers_alone_become_one():
    chance = random.Random(3)
    statements = [
        f"update t set a = a + {chance.randint(1000, 9999)} where b = {chance.randint(10, 99)};"
        for _ in range(2000)
    ]
    assert set(zeroed(statements)) == {"update t set a = a + 0000 where b = 00;"}


def test_a_slice_of_a_column_is_read_from_its_place():
    column = pa.array(["a 1", "b 23", LONG, "c 4"], pa.string()).cast(pa.binary())
    assert with_zeros(column[1:]).to_pylist() == [b"b 00", LONG.encode(), b"c 0"]
