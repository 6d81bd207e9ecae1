"""Filters: each condition keeps the rows that meet it, and an unknown value meets none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.keep import EVERYTHING, Keep

S = 1_000_000_000
ROW = st.fixed_dictionaries(
    {
        "started_at": st.one_of(st.none(), st.integers(0, 50).map(lambda s: s * S)),
        "duration_ms": st.one_of(st.none(), st.floats(0, 50)),
        "database": st.sampled_from(["shop", "crm", None]),
        "user": st.sampled_from(["ann", "bob", None]),
        "application": st.sampled_from(["web", "", None]),
    }
)
KEEP = st.builds(
    Keep,
    since=st.one_of(st.none(), st.integers(0, 50).map(lambda s: s * S)),
    until=st.one_of(st.none(), st.integers(0, 50).map(lambda s: s * S)),
    database=st.sampled_from([None, "shop", "nothing"]),
    user=st.sampled_from([None, "ann"]),
    application=st.sampled_from([None, "web", ""]),
    min_duration_ms=st.one_of(st.none(), st.floats(0, 50)),
)


def wanted(row, keep):
    """The same, row by row."""
    at, took = row["started_at"], row["duration_ms"]
    return (
        (keep.since is None or (at is not None and at >= keep.since))
        and (keep.until is None or (at is not None and at < keep.until))
        and all(
            getattr(keep, name) is None or row[name] == getattr(keep, name)
            for name in ("database", "user", "application")
        )
        and (keep.min_duration_ms is None or (took is not None and took >= keep.min_duration_ms))
    )


def table_of(name, rows, columns):
    values = {column: [row[column] for row in rows] for column in columns}
    return tables.from_columns(name, values | {"line": list(range(len(rows)))}, rows=len(rows))


@given(st.lists(ROW, max_size=20), KEEP)
def test_queries_are_kept_as_a_loop_over_the_rows_would(rows, keep):
    table = table_of("queries", rows, list(rows[0]) if rows else [])
    expected = [number for number, row in enumerate(rows) if wanted(row, keep)]
    kept = keep.rows(table, "queries")
    assert kept["line"].to_pylist() == expected
    assert kept.schema == table.schema


def test_without_a_condition_no_row_is_copied():
    table = table_of("queries", [{"user": "ann"}], ["user"])
    assert EVERYTHING.rows(table, "queries") is table
    assert not EVERYTHING
    assert Keep(user="")  # an empty name is a name
    assert Keep(min_duration_ms=0.0)


def test_events_are_chosen_by_time_and_names_never_by_duration():
    rows = [{"at": 5 * S, "duration_ms": 1.0, "user": "ann"}, {"at": None, "duration_ms": None}]
    events = table_of("events", [rows[0], rows[1] | {"user": None}], ["at", "duration_ms", "user"])
    assert Keep(min_duration_ms=100).rows(events, "events").num_rows == 2
    assert Keep(since=5 * S).rows(events, "events")["line"].to_pylist() == [0]
    assert Keep(until=5 * S).rows(events, "events").num_rows == 0
    assert Keep(user="ann").rows(events, "events")["line"].to_pylist() == [0]


def test_a_table_without_the_column_stays_whole():
    metrics = tables.from_columns("metrics", {"name": ["cpu", "disk"], "value": [1.0, 2.0]}, rows=2)
    assert Keep(user="ann", database="shop").rows(metrics, "metrics").num_rows == 2


@pytest.mark.parametrize("name", tables.TABLES)
def test_every_table_can_be_filtered(name):
    keep = Keep(since=0, until=S, database="a", user="b", application="c", min_duration_ms=1)
    assert keep.rows(tables.empty(name), name).num_rows == 0


def test_conditions_are_shown_as_they_were_typed():
    keep = Keep(since=1_795_226_400 * S, user="o'hara", min_duration_ms=2.5)
    assert str(keep) == """since=2026-11-21 02:00:00 UTC, user="o'hara", min_duration_ms=2.5"""
    assert str(EVERYTHING) == ""
