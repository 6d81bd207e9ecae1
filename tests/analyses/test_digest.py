import math
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digest import digest
from perfkit.errors import UsageError
from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.recording import Recording

STATEMENTS = st.sampled_from(
    ["select 1", "select a from t where id = 7", "update t set a = 2", None]
)
ROWS = st.lists(
    st.tuples(
        STATEMENTS,
        st.one_of(st.none(), st.floats(0, 1e6)),
        st.sampled_from(["simple", "execute", "parse", "bind", None]),
    ),
    max_size=150,
)


def queries(rows):
    statements, durations, phases = ([row[i] for row in rows] for i in range(3))
    return pa.table(
        {
            "statement": pa.array(statements, pa.string()),
            "duration_ms": pa.array(durations, pa.float64()),
            "phase": pa.array(phases, pa.string()),
        }
    )


def simple(*pairs):
    return queries([(statement, duration, "simple") for statement, duration in pairs])


def rows_of(result):
    return result.arrow.to_pylist()


def test_statements_that_differ_in_literals_alone_are_one_row():
    result = digest(
        simple(("select 1 from t", 1.0), ("SELECT  2 from t", 3.0), ("select 'x'", 6.0))
    )
    assert [(row["fingerprint"], row["calls"], row["total_ms"]) for row in rows_of(result)] == [
        ("select ?", 1, 6.0),
        ("select ? from t", 2, 4.0),
    ]
    assert rows_of(result)[1]["fingerprint_id"] == fingerprint_id(fingerprint("select 1 from t"))
    assert rows_of(result)[1]["mean_ms"] == 2.0
    assert [row["share"] for row in rows_of(result)] == [0.6, 0.4]


def test_parse_and_bind_are_counted_beside_the_calls():
    table = queries(
        [("select 1", 2.0, "parse"), ("select 1", 3.0, "bind"), ("select 1", 10.0, "execute")]
    )
    row = rows_of(digest(table))[0]
    assert (row["calls"], row["parses"], row["binds"]) == (1, 1, 1)
    assert (row["total_ms"], row["parse_bind_ms"], row["max_ms"]) == (10.0, 5.0, 10.0)


@given(ROWS)
def test_totals_are_those_of_the_input_and_shares_sum_to_one(rows):
    result = digest(queries(rows))
    called = [row for row in rows if row[2] not in {"parse", "bind"}]
    expected = math.fsum(duration for _, duration, _ in called if duration is not None)
    assert sum(row["calls"] for row in rows_of(result)) == len(called) == result.totals["calls"]
    assert result.totals["total_ms"] == pytest.approx(expected)
    assert sum(row["total_ms"] for row in rows_of(result)) == pytest.approx(expected)
    assert sum(r["parses"] + r["binds"] for r in rows_of(result)) == len(rows) - len(called)
    if expected > 0:
        assert sum(row["share"] for row in rows_of(result)) == pytest.approx(1)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=120))
def test_percentiles_are_those_of_numpy(durations):
    row = rows_of(digest(simple(*(("select 1", value) for value in durations))))[0]
    for name, q in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0)):
        assert row[name] == pytest.approx(np.quantile(durations, q))


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert digest(queries(rows)).to_dict() == digest(queries(shuffled)).to_dict()


@pytest.mark.parametrize(("calls", "known"), [(71, False), (72, True)])
def test_a_p95_has_an_interval_from_72_calls_on(calls, known):
    result = digest(simple(*(("select 1", float(i)) for i in range(calls))))
    row = rows_of(result)[0]
    assert math.isnan(row["p95_low_ms"]) != known
    assert not math.isnan(row["p95_ms"])
    # the p99 needs 368: one or two cells say how few there are
    assert result.to_text().count(f"n/a ({calls})") == (1 if known else 2)


def test_a_statement_with_most_of_the_time_is_a_finding():
    table = simple(
        *(("select a from big", 100.0) for _ in range(20)),
        *((f"select a from t{letter}", 5.0) for letter in "bcdefghi" for _ in range(10)),
    )
    (finding,) = digest(table).findings
    assert finding.rule == "dominant-statement"
    assert "83.3 %" in finding.title
    assert finding.keys == {"fingerprint_id": fingerprint_id("select a from big")}


def test_a_slow_statement_is_a_finding_even_with_little_of_the_time():
    table = simple(
        *(("select a from slow", 250.0) for _ in range(10)),
        *((f"select a from t{letter}", 3.0) for letter in "bcdefghi" for _ in range(1000)),
    )
    assert [f.rule for f in digest(table).findings] == ["slow-statement"]
    assert "p50" in digest(table).findings[0].title


def test_a_cheap_statement_called_often_per_request_is_a_finding():
    table = simple(
        *(("select a from item", 1.0) for _ in range(2000)),
        *((f"select a from t{letter}", 10.0) for letter in "bcdefghi" for _ in range(100)),
    )
    requests = pa.table({"route": ["/orders"] * 100, "duration_ms": [20.0] * 100})
    found = digest(Recording.from_frames(queries=table, requests=requests)).findings
    assert [f.rule for f in found] == ["frequent-statement"]
    assert "20 per request" in found[0].title


def test_an_even_load_of_quick_statements_has_no_finding():
    table = simple(*((f"select a from t{i % 8 * 'x'}", 5.0) for i in range(800)))
    result = digest(table)
    assert result.findings == ()
    assert "Nothing wrong was found" in result.to_text()


def test_statements_without_durations_are_counted_and_said():
    result = digest(simple(("select 1", None), ("select 1", None)))
    assert rows_of(result)[0]["calls"] == 2
    assert "none with a duration" in result.headline
    assert any("no duration" in caveat for caveat in result.caveats)
    assert result.to_dict()["statements"][0]["share"] is None


def test_nothing_read_is_an_answer():
    result = digest(queries([]))
    assert rows_of(result) == []
    assert result.headline == "No statement was executed in what was read."


def test_data_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="expected a Recording"):
        digest([1, 2])


def test_no_analysis_of_this_room_imports_pandas_or_scipy():
    code = """
import sys
from perfkit.pandas_later import postpone_pandas
postpone_pandas()
import pyarrow as pa
from datetime import datetime, UTC
from perfkit.recording import Recording
from perfkit.analyses.digest import digest
from perfkit.analyses.baseline import baseline
from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.analyses.event_loop import event_loop
at = datetime(2026, 1, 1, tzinfo=UTC)
nine = {"statement": ["select 1"] * 9, "duration_ms": [9.0] * 9, "request_id": ["r"] * 9}
one = {"route": ["/a"], "duration_ms": [99.0], "request_id": ["r"], "started_at": [at]}
block = {"at": [at], "kind": ["blocked_loop"], "duration_ms": [500.0], "message": ["a.py:3 in f"]}
rec = Recording.from_frames(
    queries=pa.table(nine), requests=pa.table(one), events=pa.table(block)
)
for analysis in (digest, baseline, n_plus_one, event_loop):
    result = analysis(rec)
    result.to_text(), result.to_html()
print(sorted({"pandas", "scipy", "plotly"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
