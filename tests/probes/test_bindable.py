import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from perfkit.errors import UsageError
from perfkit.probes.bindable import bindable, is_list
from perfkit.tasks.explain import explain

DAY = dt.datetime(2020, 1, 2)  # noqa: DTZ001 - numpy's have no zone


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3), (np.bool_(True), True), (np.float32(1.5), 1.5),
        (np.str_("a"), "a"), (pd.NA, None), (pd.NaT, None), (None, None), ("x", "x"),
        ((1, 2), [1, 2]), (range(2), [0, 1]), ({7}, [7]), (np.array([1, 2]), [1, 2]),
        (pd.Series([1, 2]), [1, 2]), (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Index(["a"]), ["a"]), ([np.int64(1), pd.NA], [1, None]), ([], []),
        (np.datetime64("2020-01-02", "ns"), DAY), (np.array(["2020-01-02"], "M8[ns]"), [DAY]),
        (pd.Series([DAY]), [pd.Timestamp(DAY)]), ({"a": [1, None]}, '{"a": [1, null]}'),
        (decimal.Decimal("1.5"), decimal.Decimal("1.5")), (b"x", b"x"),
    ],
)  # fmt: skip
def test_a_value_of_a_notebook_becomes_one_of_the_driver(value, expected):
    got = bindable("x", value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize("table", [pd.DataFrame({"a": [1]}), np.zeros((2, 2))])
def test_a_table_is_no_value(table):
    with pytest.raises(UsageError, match=":ids is a") as caught:
        bindable("ids", table)
    assert "tolist()" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1], True), ((1,), True), (pd.Series([1]), True), (np.array([1]), True), ("ab", False),
     (np.int64(1), False), ({"a": 1}, False), (None, False)],
)  # fmt: skip
def test_what_becomes_an_array_is_known(value, expected):
    assert is_list(value) is expected


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("a = :x", np.int32(3)), ("a = any(:x)", pd.Series([1, 2])), ("a = any(:x)", {1, 2}),
        ("a = any(:x)", np.array([1])), ("a = :x", pd.NA),
        ("d < :x", pd.Timestamp("2020", tz="UTC")),
        ("d < :x", np.datetime64("2020-01-01")), ("j @> :x", {"a": 1}), ("j @> :x", None),
    ],
)  # fmt: skip
def test_the_server_takes_them(postgres, condition, value):
    engine = sa.create_engine(postgres.url("postgres"), poolclass=sa.pool.NullPool)
    rows = "(values (1, now(), '{}'::jsonb)) as t(a, d, j)"
    assert explain(f"select * from {rows} where {condition}", engine, params={"x": value}).executed
