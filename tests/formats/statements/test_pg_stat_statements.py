"""Exports of pg_stat_statements, made with psql on a real PostgreSQL 15."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import Chunk
from perfkit.formats.statements.pg_stat_statements import FORMAT

DATA = Path(__file__).parent / "data"
EXPORTS = sorted(path.name for path in DATA.glob("pg15*"))
HEADED = {"pg15_expanded.txt", "pg15_json_agg.json", "pg15_lines.json"}
REFERENCE = json.loads((DATA / "pg15_json_agg.json").read_text())


def read(name):
    return (DATA / name).read_bytes()


def rows(result):
    return result.tables["statement_totals"].to_pylist()


@pytest.mark.parametrize("name", EXPORTS)
def test_every_form_is_recognised_and_gives_the_same_totals(parsed, accounts, name):
    data = read(name)
    assert FORMAT.recognises(data).confidence > 0.9
    result = parsed(FORMAT, data)
    accounts(result, len(REFERENCE) + (name not in HEADED))
    assert result.rejected_lines == 0
    found = {row["fingerprint"]: row for row in rows(result)}
    assert len(found) == len(REFERENCE)
    expected = next(one for one in REFERENCE if one["query"].startswith("select status"))
    row = found["select status, count(*) from orders where id > ? group by status"]
    assert row["calls"] == expected["calls"] == 5
    assert row["total_ms"] == pytest.approx(expected["total_exec_time"], abs=1e-3)
    assert row["mean_ms"] == pytest.approx(expected["mean_exec_time"], abs=1e-3)
    assert row["system"] == "postgresql"


@pytest.mark.parametrize(
    "name", ["pg15.csv", "pg15_copy.tsv", "pg15_json_agg.json", "pg15_lines.json"]
)
def test_everything_the_view_says_is_kept(parsed, name):
    found = {row["statement"]: row for row in rows(parsed(FORMAT, read(name)))}
    for expected in REFERENCE:
        row = found[expected["query"]]
        assert (row["database"], row["user"]) == ("shop", "app")
        assert row["rows_returned"] == expected["rows"]
        assert row["min_ms"] == expected["min_exec_time"]
        assert row["max_ms"] == expected["max_exec_time"]
        assert row["stddev_ms"] == expected["stddev_exec_time"]
        beyond = json.loads(row["attributes"])
        assert beyond["queryid"] == expected["queryid"]
        assert beyond["toplevel"] is expected["toplevel"]
        assert beyond["shared_blks_hit"] == expected["shared_blks_hit"]
        assert beyond["wal_bytes"] == expected["wal_bytes"]


def test_statements_inside_functions_are_noted(parsed):
    kinds = {note.kind for note in parsed(FORMAT, read("pg15.csv")).notes}
    assert {"nested_statements", "interval_unknown"} <= kinds


@pytest.mark.parametrize("size", [1, 500])
def test_an_export_is_never_divided(parsed, size):
    for name in EXPORTS:
        data = read(name)
        assert rows(parsed(FORMAT, data, size=size)) == rows(parsed(FORMAT, data))


def export(*lines):
    return "".join(f"{line}\n" for line in lines).encode()


def test_units_are_converted_and_what_is_missing_is_computed(parsed):
    data = export("query,calls,total (min),pct", "select 1,4,2,99.5")
    (found,) = rows(parsed(FORMAT, data))
    assert found["total_ms"] == 120_000.0
    assert found["mean_ms"] == 30_000.0
    (found,) = rows(parsed(FORMAT, export("short_query|calls|avg_ms", "select 1|4|2.5")))
    assert found["total_ms"] == 10.0


def test_hidden_statements_are_rejected_with_the_reason(parsed):
    data = export(
        "query,calls,total_exec_time", "<insufficient privilege>,4,2", "select 1,1,1", ",1,1"
    )
    result = parsed(FORMAT, data)
    assert [bad.line for bad in result.rejected] == [2, 4]
    assert "insufficient privilege" in result.rejected[0].reason
    assert "no text" in result.rejected[1].reason
    assert len(rows(result)) == 1


def test_a_unit_that_nothing_says_is_an_error_sentence(parsed):
    result = parsed(FORMAT, export("query,calls,avg_time", "select 1,4,2"))
    assert not result.tables
    assert (
        result.rejected[0].reason
        == "nothing says the unit of 'avg_time': name it avg_time_ms or ..._seconds"
    )
    assert "psql --csv" in result.missing


def test_a_time_without_a_unit_beside_one_with_is_ignored_and_noted(parsed):
    result = parsed(FORMAT, export("query,calls,total_ms,avg", "select 1,4,2,1"))
    assert rows(result)[0]["mean_ms"] == 0.5
    assert "unknown_unit" in {note.kind for note in result.notes}


@pytest.mark.parametrize(("count", "noted"), [(10, True), (100, True), (5000, True), (57, False)])
def test_a_count_that_a_limit_makes_is_noted(parsed, count, noted):
    lines = [f"select {n} from t{n},1,1" for n in range(count)]
    notes = parsed(FORMAT, export("query,calls,total_ms", *lines)).notes
    assert ("row_limit" in {note.kind for note in notes}) is noted


def test_statements_cut_by_the_query_are_noted(parsed):
    lines = [f"select {'x' * 20}{n}" for n in range(4)] + ["select 1"]
    data = export("query,calls,total_ms", *(f"{line},1,1" for line in lines))
    assert "truncated_statements" in {note.kind for note in parsed(FORMAT, data).notes}


@pytest.mark.parametrize(
    "data",
    [
        b"query,count,percent\nselect 1,2,3\n",
        b"path,calls,total_ms\n/,1,2\n",
        b'{"event":"request","calls":1,"duration_ms":3}\n',
        b"2026-11-20 10:00:00.000 UTC [1] LOG:  duration: 1.0 ms  statement: select calls from t\n",
        b"calls\n",
        b"",
    ],
)
def test_other_tables_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


@given(st.sampled_from(EXPORTS), st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=9))
def test_any_damage_is_accounted_for(name, at, gone, junk):
    data = read(name)[:at] + junk + read(name)[at + gone :]
    result = FORMAT.parse(Chunk.whole(data))
    assert result.irrelevant >= 0
    assert result.used + result.irrelevant + result.rejected_lines == result.lines
    table = result.tables.get("statement_totals")
    assert result.used == (table.num_rows if table is not None else 0)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "query": st.text(max_size=9) | st.none() | st.integers(),
                "calls": st.integers() | st.floats() | st.text(max_size=4) | st.none(),
                "total_exec_time": st.floats() | st.integers() | st.text(max_size=4),
            },
            optional={
                "queryid": st.integers(),
                "stats_since": st.text(max_size=25) | st.integers(),
                "datname": st.text(max_size=4) | st.lists(st.none()),
                "rows": st.floats(),
            },
        ),
        max_size=6,
    )
)
def test_whatever_the_values_are_they_are_read_or_rejected(objects):
    result = FORMAT.parse(Chunk.whole(json.dumps(objects).encode()))
    assert result.used + result.rejected_lines == result.lines == len(objects)
