"""The columns of a digest against NumPy and plain counting."""

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses import digest as module
from perfkit.analyses.digest import digest
from perfkit.errors import UsageError
from perfkit.recording import Note, Recording, Source

KEYS = ["fingerprint_id", "fingerprint"]


def digested(table, **more):
    return digest(Recording(contents={"queries": table}), **more).arrow.to_pylist()


def test_a_row_describes_the_durations_of_its_statement(table_of):
    ms = [1.0, 2.0, 4.0, 9.0]
    (row,) = digested(table_of([{"statement": "select 1", "duration_ms": v} for v in ms]))
    assert row["min_ms"] == 1.0
    assert row["stddev_ms"] == pytest.approx(np.std(ms))
    assert row["variance_to_mean"] == pytest.approx(np.var(ms) / np.mean(ms))
    assert row["samples"] == 4


def test_rows_locks_and_errors_are_added_up_where_they_are_known(table_of):
    (row,) = digested(
        table_of(
            [
                {"statement": "select 1", "rows_returned": 10, "lock_ms": 0.5},
                {"statement": "select 1", "rows_returned": 20, "error": "no"},
                {"statement": "select 1"},
            ]
        )
    )
    assert (row["rows_returned"], row["rows_returned_per_call"]) == (30, 15.0)
    assert (row["lock_ms"], row["errors"]) == (0.5, 1)
    assert row["rows_examined"] is None
    assert np.isnan(row["rows_examined_per_call"])


def test_who_ran_it_is_counted_and_named(table_of):
    users = ["anna"] * 6 + ["bert"] * 3 + ["carl", None]
    (row,) = digested(
        table_of(
            [
                {"statement": "select 1", "user": u, "session_id": str(n % 4)}
                for n, u in enumerate(users)
            ]
        )
    )
    assert (row["users"], row["top_users"]) == (3, "anna 60 %, bert 30 %, carl 10 %")
    assert row["sessions"] == 4
    assert row["applications"] is None
    assert row["top_applications"] is None


def test_when_it_ran_and_how_often_at_most(table_of):
    at = [0.0, 10.0, 59_999.0, 60_000.0, 200_000.0]
    (row,) = digested(table_of([{"statement": "select 1", "at": a} for a in at]))
    assert row["peak_calls_per_min"] == 3
    assert str(row["first_seen"]).startswith("2026-01-01 00:00:00")
    assert str(row["last_seen"]).startswith("2026-01-01 00:03:20")


@pytest.mark.parametrize("by", ["user", "user,database", ["database", "user"], "hour", "phase"])
def test_any_column_can_be_grouped_by(table_of, by):
    rng = np.random.default_rng(2)
    each = [
        {
            "statement": "select 1",
            "duration_ms": float(rng.integers(1, 9)),
            "at": float(rng.integers(0, 3 * 3_600_000)),
            "user": str(rng.choice(["anna", "bert"])),
            "database": str(rng.choice(["shop", "crm"])),
            "phase": "simple",
        }
        for _ in range(50)
    ]
    names = by.split(",") if isinstance(by, str) else by
    found = digested(table_of(each), group_by=by)
    expected = {}
    for row in each:
        key = tuple(int(row["at"] // 3_600_000) if n == "hour" else row[n] for n in names)
        expected.setdefault(key, []).append(row["duration_ms"])
    assert {
        tuple(r[n].hour if n == "hour" else r[n] for n in names): (r["calls"], r["total_ms"])
        for r in found
    } == {key: (len(values), sum(values)) for key, values in expected.items()}
    assert list(found[0])[: len(names)] == names
    assert not set(KEYS) & set(found[0])


def test_numbers_and_times_keep_their_type_as_groups(table_of):
    table = table_of([{"statement": "select 1", "rows_returned": 7, "at": 61_000.0}])
    arrow = digest(Recording(contents={"queries": table}), group_by="rows_returned,minute").arrow
    assert arrow.schema.field("rows_returned").type == pa.int64()
    assert arrow["minute"][0].as_py().minute == 1


@pytest.mark.parametrize(
    ("by", "message", "hint"),
    [
        ("usr", "no column 'usr'", "did you mean 'user'"),
        ("nothing at all", "no column", "columns: started_at"),
        (" , ", "no column is named", "group_by"),
        ("attributes", "no column", "columns"),
    ],
)
def test_an_unknown_column_is_a_usage_error(table_of, by, message, hint):
    with pytest.raises(UsageError, match=message) as caught:
        digest(Recording(contents={"queries": table_of([])}), group_by=by)
    assert hint in caught.value.hint


def test_a_sample_is_scaled_up_and_said(table_of):
    table = table_of([{"statement": "select 1", "duration_ms": 3.0, "weight": 10.0}] * 5)
    result = digest(Recording(contents={"queries": table}))
    (row,) = result.arrow.to_pylist()
    assert (row["calls"], row["total_ms"], row["mean_ms"], row["samples"]) == (50, 150.0, 3.0, 5)
    assert result.totals["statements"] == 50
    assert any("sample" in caveat for caveat in result.caveats)


def test_dictionaries_of_chunks_are_not_joined(table_of):
    parts = [
        table_of([{"statement": f"select a from t{'x' * n}", "duration_ms": 1.0}] * 3)
        for n in (0, 1, 0, 2)
    ]
    table = pa.concat_tables(parts)
    counts = {row["fingerprint"]: row["calls"] for row in digested(table)}
    assert counts == {"select a from t": 6, "select a from tx": 3, "select a from txx": 3}


def test_statements_logged_by_server_and_client_count_once(table_of):
    base = {"statement": "select 1", "at": 0.0, "system": "postgresql"}
    table = table_of(
        [
            base | {"duration_ms": 5.0, "duration_kind": "server"},
            base | {"duration_ms": 9.0, "duration_kind": "client"},
            base | {"duration_ms": 2.0, "duration_kind": "server"},
        ]
    )
    result = digest(Recording(contents={"queries": table}))
    (row,) = result.arrow.to_pylist()
    assert (row["calls"], row["total_ms"]) == (2, 7.0)
    assert result.series["examples"]["duration_ms"].to_pylist() == [5.0, 2.0]


def test_examples_are_the_slowest_with_all_that_is_known(table_of):
    rows = [
        {"statement": f"select {n}", "duration_ms": float(n), "user": "anna", "at": float(n)}
        for n in range(9)
    ]
    examples = digest(Recording(contents={"queries": table_of(rows)})).series["examples"]
    assert examples["statement"].to_pylist() == ["select 8", "select 7", "select 6"]
    assert {"parameters", "application", "source", "line"} <= set(examples.column_names)


def test_more_rows_than_fit_are_read_in_pieces(table_of, monkeypatch):
    rng = np.random.default_rng(4)
    rows = [
        {"statement": f"select a from t{'x' * int(n)}", "duration_ms": float(ms), "at": 1.0}
        for n, ms in zip(rng.integers(0, 4, 300), rng.lognormal(2, 1, 300), strict=True)
    ]
    exact = digested(table_of(rows))
    monkeypatch.setattr(module, "EXACT_ROWS", 100)
    monkeypatch.setattr(module, "_PIECE", 70)
    result = digest(Recording(contents={"queries": table_of(rows)}))
    for one, other in zip(exact, result.arrow.to_pylist(), strict=True):
        assert one["calls"] == other["calls"]
        assert other["p95_ms"] == pytest.approx(one["p95_ms"], rel=0.0101)
    assert any("within 1 %" in caveat for caveat in result.caveats)


def test_totals_say_what_was_read():
    inputs = (Source(name="a", format="x", lines=10, used=6, irrelevant=3, rejected=1),)
    totals = digest(Recording(inputs=inputs)).totals
    assert (totals["lines"], totals["irrelevant"], totals["rejected"]) == (10, 3, 1)
    assert totals["statements"] == totals["fingerprints"] == 0


def test_without_durations_it_says_what_to_switch_on(table_of):
    note = Note(kind="statements_without_duration", message="2 statements without a duration")
    inputs = (Source(name="a", format="postgres-stderr"),)
    table = table_of([{"statement": "select 1"}] * 2)
    rec = Recording(contents={"queries": table}, inputs=inputs, quality=(note,))
    caveats = digest(rec).caveats
    assert any("log_min_duration_statement = 0" in caveat for caveat in caveats)
    assert str(note) in caveats


def totals_table(rows):
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Recording.from_frames(statement_totals=tables.from_columns("statement_totals", columns))


def test_totals_of_a_server_are_digested_alone():
    first = {"statement": "select 1", "calls": 10, "mean_ms": 2.0, "stddev_ms": 1.0}
    second = {"statement": "select 2", "calls": 30, "mean_ms": 4.0, "stddev_ms": 0.0}
    other = {"statement": "delete from t", "calls": 2, "total_ms": 10.0, "p95_ms": 7.0}
    more = {"min_ms": 0.5, "max_ms": 9.0, "user": "anna"}
    result = digest(totals_table([first | more, second | more, other | more]))
    one, two = result.arrow.to_pylist()
    values = np.repeat([1.0, 3.0, 4.0], [5, 5, 30])
    assert (one["calls"], one["total_ms"]) == (40, 140.0)
    assert one["mean_ms"] == values.mean()
    assert one["stddev_ms"] == pytest.approx(values.std())
    assert (one["min_ms"], one["max_ms"]) == (0.5, 9.0)
    assert np.isnan(one["p95_ms"])
    assert (two["total_ms"], two["p95_ms"]) == (10.0, 7.0)
    assert np.isnan(two["stddev_ms"])
    assert one["top_users"] == "anna 100 %"
    assert any("Only totals" in caveat for caveat in result.caveats)
    assert result.figure.data
    assert "select ?" in result.to_text()
    with pytest.raises(UsageError, match="totals of statements have no column 'hour'"):
        digest(totals_table([first]), group_by="hour")


def test_totals_beside_executions_are_not_added(table_of):
    rec = totals_table([{"statement": "select 1", "calls": 10, "mean_ms": 2.0}])
    both = Recording(contents={**rec.contents, "queries": table_of([{"statement": "select 1"}])})
    result = digest(both)
    assert result.totals["calls"] == 1
    assert any("not added" in caveat for caveat in result.caveats)


@pytest.mark.parametrize("ms", [0.0, 1e-9, 1e15, 1e300, float("inf"), -1.0])
def test_durations_that_cannot_be_are_no_crash(table_of, ms):
    table = table_of([{"statement": "select 1", "duration_ms": ms, "at": 5.0}] * 2)
    result = digest(Recording(contents={"queries": table}))
    assert result.arrow["calls"].to_pylist() == [2]
    assert result.to_text()
    assert result.figure.to_json()
