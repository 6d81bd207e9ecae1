import pyarrow as pa

from perfkit.views.layout import fitted


def names(layout):
    return [column.name for column in layout.columns]


def test_ends_of_intervals_ids_and_empty_columns_are_left_to_programs():
    table = pa.table(
        {
            "fingerprint_id": ["x"], "route": ["/a"], "p95_ms": [1.0], "p95_low_ms": [0.5],
            "url": pa.array([None], pa.string()), "source": ["heartbeat"],
        }
    )  # fmt: skip
    assert names(fitted(table, "rows", rows=5)) == ["route", "p95_ms", "source"]


def test_a_table_of_nothing_else_shows_them_all():
    assert names(fitted(pa.table({"span_id": ["x"]}), "rows", rows=5)) == ["span_id"]


def test_the_first_column_stays_however_narrow_the_page():
    table = pa.table({"calls": [10**12], "total_ms": [1.0]})
    layout = fitted(table, "rows", rows=5, width=3)
    assert names(layout) == ["calls"]
    assert layout.note == "more columns in .table: total_ms"
