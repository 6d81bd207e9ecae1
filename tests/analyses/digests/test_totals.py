"""Totals that a server kept give the digest of the executions they were added up from."""

import io
import statistics
from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit import tables
from perfkit.analyses.digest import digest
from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.recording import Recording

CALLS = st.lists(
    st.tuples(
        st.sampled_from(["select a", "select b"]),
        st.sampled_from(["ann", "bob", None]),
        st.floats(0.01, 1e4),
    ),
    min_size=1,
    max_size=40,
)


def totals(calls):
    rows = defaultdict(list)
    for statement, user, ms in calls:
        rows[statement, user].append(ms)
    columns = {
        "statement": [statement for statement, _ in rows],
        "fingerprint": [fingerprint(statement) for statement, _ in rows],
        "fingerprint_id": [fingerprint_id(fingerprint(statement)) for statement, _ in rows],
        "user": [user for _, user in rows],
        "calls": [len(ms) for ms in rows.values()],
        "total_ms": [sum(ms) for ms in rows.values()],
        "mean_ms": [statistics.fmean(ms) for ms in rows.values()],
        "min_ms": [min(ms) for ms in rows.values()],
        "max_ms": [max(ms) for ms in rows.values()],
        "stddev_ms": [statistics.pstdev(ms) for ms in rows.values()],
    }
    schema = tables.TABLES["statement_totals"]
    typed = {name: pa.array(v, pa.string() if isinstance(v[0], str) or name == "user" else None)
             for name, v in columns.items()}  # fmt: skip
    assert set(typed) <= set(schema.names)
    return tables.from_columns("statement_totals", typed, rows=len(rows))


@given(calls=CALLS)
def test_the_digest_of_totals_is_that_of_the_executions(calls):
    found = digest(Recording(contents={"statement_totals": totals(calls)})).arrow.to_pylist()
    every = defaultdict(list)
    users = defaultdict(set)
    for statement, user, ms in calls:
        every[statement].append(ms)
        users[statement] |= {user} - {None}
    assert {row["fingerprint"] for row in found} == set(every)
    whole = sum(sum(ms) for ms in every.values())
    for row in found:
        ms = every[row["fingerprint"]]
        assert row["calls"] == len(ms)
        assert row["total_ms"] == pytest.approx(sum(ms))
        assert row["mean_ms"] == pytest.approx(statistics.fmean(ms))
        assert (row["min_ms"], row["max_ms"]) == (min(ms), max(ms))
        assert row["share"] == pytest.approx(sum(ms) / whole)
        assert (row["users"] or 0) == len(users[row["fingerprint"]])
        assert row["stddev_ms"] == pytest.approx(statistics.pstdev(ms), abs=max(ms) * 1e-6)


def test_a_statement_that_was_never_called_is_left_out_and_its_user_has_no_share():
    text = "rolname,query,calls,total_exec_time,rows\nann,select 1,0,0.0,0\nbob,select b,4,2.0,1\n"
    rec = perfkit.load(io.BytesIO(text.encode()))
    (row,) = perfkit.digest(rec).arrow.to_pylist()
    assert (row["fingerprint"], row["calls"], row["top_users"]) == ("select b", 4, "bob 100 %")
