import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.errors import MissingColumn, UsageError

KINDS = {kind: name for name, kind in tables.ARROW.items()}
DTYPES = {
    "time": "datetime64[ns, UTC]",
    "number": "float64",
    "integer": "Int64",
    "text": "str",
    "category": "category",
    "flag": "boolean",
    "bytes": "object",
}
TIMES = (pd.Timestamp.min.value + 1, pd.Timestamp.max.value)
VALUES = {
    "time": st.integers(*TIMES),
    "number": st.floats(allow_nan=False),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "text": st.text(max_size=20),
    "category": st.text(max_size=3),
    "flag": st.booleans(),
    "bytes": st.binary(max_size=20),
}


@st.composite
def filled(draw, name):
    """Some columns of table ``name`` with unknown values among the known."""
    rows = draw(st.integers(0, 6))
    fields = draw(st.lists(st.sampled_from(list(tables.TABLES[name])), unique=True))
    columns = {
        field.name: draw(
            st.lists(st.none() | VALUES[KINDS[field.type]], min_size=rows, max_size=rows)
        )
        for field in fields
    }
    return columns, tables.from_columns(name, columns, rows=rows)


@pytest.mark.parametrize("name", tables.TABLES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_table_survives_the_door_and_back(name, data):
    columns, table = data.draw(filled(name))
    frame = tables.to_pandas(table)
    again = tables.from_pandas(frame, name)
    assert again.schema == table.schema
    for field in table.schema:
        known = columns.get(field.name, [None] * table.num_rows)
        assert [value is None for value in known] == list(frame[field.name].isna())
        assert frame[field.name].dtype == DTYPES[KINDS[field.type]]
        assert again[field.name].to_pylist() == table[field.name].to_pylist()


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_values_are_kept_verbatim(data):
    columns, table = data.draw(filled("queries"))
    for name, values in columns.items():
        kept = table[name].cast(pa.int64()) if name == "started_at" else table[name]
        assert kept.to_pylist() == values


def test_nan_is_unknown_and_never_zero():
    numbers = pa.chunked_array([[1.0, float("nan")], [None, 0.0]])
    table = tables.from_columns("queries", {"duration_ms": numbers, "rows_returned": numbers})
    assert table["duration_ms"].to_pylist() == [1.0, None, None, 0.0]
    assert table["rows_returned"].to_pylist() == [1, None, None, 0]
    assert tables.to_pandas(table)["duration_ms"].isna().tolist() == [False, True, True, False]


def test_absent_columns_are_unknown_not_empty():
    frame = tables.to_pandas(tables.from_columns("spans", {"span_id": ["a", ""]}))
    assert frame.drop(columns="span_id").isna().all(axis=None)
    assert frame["span_id"].tolist() == ["a", ""]


def test_timestamp_zero_is_a_time():
    frame = tables.to_pandas(tables.from_columns("events", {"at": [0, None]}))
    assert frame["at"].isna().tolist() == [False, True]
    assert frame["at"][0] == pd.Timestamp(0, tz="UTC")


@pytest.mark.parametrize("identity", ["00ff", "ABC", " x ", "007", "1e5"])
def test_ids_are_kept_as_they_are_written(identity):
    frame = pd.DataFrame({"trace_id": [identity], "request_id": [identity]})
    table = tables.from_pandas(frame, "queries")
    assert table["trace_id"].to_pylist() == table["request_id"].to_pylist() == [identity]


def test_whole_numbers_beyond_float_precision_are_kept():
    frame = pd.DataFrame({"trace_id": [2**60 + 1], "rows_returned": [2**60 + 1]})
    table = tables.from_pandas(frame, "queries")
    assert table["trace_id"].to_pylist() == [str(2**60 + 1)]
    assert table["rows_returned"].to_pylist() == [2**60 + 1]


def test_columns_beyond_the_schema_go_into_attributes():
    frame = pd.DataFrame({"duration_ms": [1.0, 2.0], "pod": ["a\u2028\nb", None], "n": [1, 2]})
    table = tables.from_pandas(frame, "requests")
    assert [json.loads(value) for value in table["attributes"].to_pylist()] == [
        {"pod": "a\u2028\nb", "n": 1},
        {"pod": None, "n": 2},
    ]


def test_attributes_that_a_frame_has_are_left_alone():
    frame = pd.DataFrame({"attributes": [b"{}"], "pod": ["a"]})
    assert tables.from_pandas(frame, "requests")["attributes"].to_pylist() == [b"{}"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["2026-11-20 14:02:00", None]),
        pd.Series(pd.to_datetime(["2026-11-20 14:02:00", None])),
        pd.Series([pd.Timestamp("2026-11-20 14:02:00").to_pydatetime(), None], dtype=object),
    ],
    ids=["text", "datetime64", "objects"],
)
def test_times_without_a_zone_need_one(column):
    frame = pd.DataFrame({"started_at": column})
    with pytest.raises(UsageError, match="time zone"):
        tables.from_pandas(frame, "queries")
    table = tables.from_pandas(frame, "queries", tz="Europe/Berlin")
    back = tables.to_pandas(table)["started_at"]
    assert back[0] == pd.Timestamp("2026-11-20T13:02:00Z")
    assert back.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "text", ["2026-11-20T14:02:00Z", "2026-11-20T15:02:00+01:00", "2026-11-20 14:02+00:00"]
)
def test_times_with_a_zone_are_understood_whatever_zone_is_passed(text):
    frame = pd.DataFrame({"started_at": [text]})
    table = tables.from_pandas(frame, "queries", tz="Asia/Tokyo")
    assert tables.to_pandas(table)["started_at"][0] == pd.Timestamp("2026-11-20T14:02:00Z")


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2026-10-25 02:30", "2026-10-25T00:30Z"), ("2026-03-29 02:30", "2026-03-29T01:00Z")],
)
def test_times_that_clocks_repeat_or_skip_are_read_as_the_earliest(local, utc):
    frame = pd.DataFrame({"started_at": [local]})
    table = tables.from_pandas(frame, "queries", tz="Europe/Berlin")
    found = tables.to_pandas(table)["started_at"][0]
    assert abs(found - pd.Timestamp(utc)) <= pd.Timedelta("1us")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"started_at": ["yesterday"]}), "not a time"),
        (pd.DataFrame({"duration_ms": ["abc"]}), "'duration_ms' does not hold"),
        (pd.DataFrame({"rows_returned": [1.5]}), "'rows_returned' does not hold"),
        (pd.DataFrame({"rows_returned": [2**70]}), "'rows_returned' does not hold"),
        (pd.DataFrame({"error": [{"a": 1}, 2]}, dtype=object), "'error' does not hold"),
        (pd.DataFrame({"error": [b"\xff"]}), "'error' does not hold"),
        (pd.DataFrame([[1, 2]], columns=["duration_ms", "duration_ms"]), "2 columns named"),
    ],
    ids=["time", "number", "fraction", "huge", "mixed", "encoding", "twice"],
)
def test_a_column_that_does_not_fit_is_named(frame, said):
    with pytest.raises(UsageError, match=said):
        tables.from_pandas(frame, "queries", tz="UTC")


def test_a_zone_that_does_not_exist_is_named():
    frame = pd.DataFrame({"started_at": ["2026-11-20 14:02"]})
    with pytest.raises(UsageError, match="Mars/Olympus"):
        tables.from_pandas(frame, "queries", tz="Mars/Olympus")


def test_an_unknown_table_or_column_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'queries'"):
        tables.schema("querys")
    with pytest.raises(MissingColumn, match="did you mean 'duration_ms'"):
        tables.from_columns("queries", {"duration": [1]})


def test_an_empty_table_has_its_columns_and_types():
    for name, schema in tables.TABLES.items():
        frame = tables.to_pandas(tables.empty(name))
        assert list(frame.columns) == schema.names
        assert [frame[f.name].dtype for f in schema] == [DTYPES[KINDS[f.type]] for f in schema]


def test_conform_orders_fills_and_drops_columns():
    loose = pa.table({"mine": [1], "error": ["x"], "duration_ms": pa.array([1], pa.int32())})
    table = tables.conform(loose, "queries")
    assert table.schema == tables.TABLES["queries"]
    assert table["duration_ms"].to_pylist() == [1.0]
    assert table["error"].to_pylist() == ["x"]


def test_joined_categories_stay_categories():
    parts = [tables.from_columns("queries", {"system": [name]}) for name in ("a", "b", None)]
    frame = tables.to_pandas(tables.concat(parts, "queries"))
    assert frame["system"].dtype == "category"
    assert frame["system"].astype(object).where(frame["system"].notna(), None).tolist() == [
        "a",
        "b",
        None,
    ]


def test_joining_copies_no_values():
    part = tables.from_columns("queries", {"duration_ms": np.arange(1000.0)})
    joined = tables.concat([part, part], "queries")
    buffers = [chunk.buffers()[1].address for chunk in joined["duration_ms"].chunks]
    assert buffers == [part["duration_ms"].chunk(0).buffers()[1].address] * 2


def test_every_table_says_which_source_and_line_a_row_is_from():
    for name, schema in tables.TABLES.items():
        assert {"source", "line", "attributes"} < set(schema.names)
        column = tables.TIME_COLUMN[name]
        assert column == "" or schema.field(column).type == tables.ARROW["time"]
