import pyarrow as pa

from perfkit.views.layout import fitted, narrow


def names(layout):
    return [column.name for column in layout.columns]


def test_ends_of_intervals_ids_and_empty_columns_are_left_to_programs():
    table = pa.table(
        {
            "fingerprint_id": ["x"], "route": ["/a"], "p95_ms": [1.0], "p95_low_ms": [0.5],
            "url": pa.array([None], pa.string()), "source": ["heartbeat"],
        }
    )  # fmt: skip
    assert names(fitted(table, "rows", rows=5, width=100)) == ["route", "p95_ms", "source"]


def test_a_table_of_nothing_else_shows_them_all():
    assert names(fitted(pa.table({"span_id": ["x"]}), "rows", rows=5, width=100)) == ["span_id"]


def test_the_first_column_stays_however_narrow_the_page():
    table = pa.table({"calls": [10**12], "total_ms": [1.0]})
    layout = fitted(table, "rows", rows=5, width=3)
    assert names(layout) == ["calls"]
    assert layout.note == "further columns in .table: total_ms"


def test_of_many_columns_that_do_not_fit_six_are_named():
    table = pa.table({f"c{number}": [10**9] for number in range(10)})
    note = fitted(table, "rows", rows=5, width=20).note
    assert note == "further columns in .table: c1, c2, c3, c4, c5, c6 and 3 more"


def test_the_nodes_of_a_plan_are_indented_by_their_depth():
    table = pa.table({"depth": [0, 1, 99], "node_type": ["Sort", "Hash", "Seq Scan"]})
    (column,) = fitted(table, "nodes", rows=5, width=100).columns
    steps = [len(cell) - len(cell.lstrip("\u00a0")) for cell in column.cells]
    assert steps == [0, 2, 4]  # levels without a row take no room


def test_the_low_end_of_an_interval_is_not_shown_without_the_high_end():
    table = pa.table({"route": ["/a"], "shift_pct": [3.0], "low_pct": [1.0], "high_pct": [5.0]})
    widths = {"route": 10, "shift_pct": 10, "low_pct": 10, "high_pct": 10}
    every = fitted(table, "rows", rows=5, width=100).columns

    def shown(width):
        return [column.name for column in narrow(every, width, lambda c: widths[c.name])]

    assert shown(46) == ["route", "shift_pct", "low_pct", "high_pct"]
    assert shown(45) == ["route", "shift_pct"]
