import pyarrow as pa

from perfkit.analyses.comparing.by_fingerprint import by_fingerprint
from perfkit.recording import as_recording


def observed(before, after):
    tables = (pa.table(rows) for rows in (before, after))
    return by_fingerprint(*([as_recording(table, "queries")] for table in tables))


def test_statements_meet_by_their_fingerprint():
    found = observed(
        {"statement": ["select 1 from a where b = 2"]}, {"statement": ["SELECT 1 FROM a WHERE b=3"]}
    )
    assert found.before.code.tolist() == found.after.code.tolist()
    assert found.labels[found.before.code[0]] == "select ? from a where b = ?"
    assert len(found.ids[found.before.code[0]]) == 16


def test_to_parse_a_statement_is_no_execution():
    rows = {"statement": ["select 1"] * 3, "phase": ["parse", "bind", "execute"]}
    assert len(observed(rows, rows).after) == 1


def test_without_requests_nothing_tells_of_them():
    found = observed({"statement": ["select 1"]}, {"statement": ["select 1"]})
    assert found.before.served_ns is None


def test_durations_that_were_measured_differently_are_noted():
    server = {"statement": ["select 1"], "duration_kind": ["server"]}
    client = {"statement": ["select 1"], "duration_kind": ["client"]}
    assert "server before, client after" in observed(server, client).notes[0]
    assert observed(server, server).notes == ()
