"""One session of a server runs one statement at a time, however coarse its clock is."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digest import digest
from perfkit.analyses.digests.executions import executions
from perfkit.analyses.digests.intervals import intervals
from perfkit.recording import Recording

SAMPLE = Path(__file__).parents[3] / "sample_data"

STATEMENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.floats(0.0, 3.0)), max_size=20
)


def rows(statements, kind="server", resolution=1.0):
    """Return rows as a server logs them: its clock is only so fine."""
    now, found = dict.fromkeys("ab", 0.0), []
    for session, pause, lasted in statements:
        now[session] += pause + lasted
        ended = now[session] // resolution * resolution
        found.append(
            {"statement": "select 1", "session_id": session, "duration_kind": kind}
            | {"at": ended - lasted, "duration_ms": lasted, "source": 0}
        )
    return found


@given(STATEMENTS)
def test_statements_of_one_session_never_overlap(table_of, statements):
    if not statements:
        return
    table = table_of(rows(statements))
    start, stop = intervals(executions(table, ["fingerprint"]))
    assert (start <= stop).all()
    for session in "ab":
        mine = [i for i, row in enumerate(statements) if row[0] == session]
        assert all(stop[a] <= start[b] for a, b in pairwise(mine))


def most(table):
    series = digest(Recording(contents={"queries": table})).series["load"]
    return max(series["running_max"].to_pylist())


def test_many_short_statements_in_one_millisecond_are_not_many_at_once(table_of):
    short = [("a", 0, 0.01)] * 50
    assert most(table_of(rows(short))) == 1
    assert most(table_of(rows([*short, ("b", 0, 0.5)]))) <= 2


@pytest.mark.parametrize("change", [{"duration_kind": "client"}, {"session_id": None}])
def test_what_is_no_session_of_a_server_may_overlap(table_of, change):
    found = [row | change for row in rows([("a", 0, 0.01)] * 50)]
    assert most(table_of(found)) > 10


def test_two_servers_may_have_sessions_of_one_number(table_of):
    found = [row | {"source": n % 2} for n, row in enumerate(rows([("a", 0, 0.01)] * 50))]
    assert most(table_of(found)) > 1


@pytest.mark.parametrize("name", ["healthy", "shop_launch"])
def test_a_real_server_runs_at_most_as_many_statements_as_it_has_sessions(name):
    import perfkit

    rec = perfkit.load(SAMPLE / name / "postgresql.log.gz")
    sessions = len(set(rec.arrow("queries")["session_id"].to_pylist()))
    assert 1 <= max(perfkit.digest(rec).series["load"]["running_max"].to_pylist()) <= sessions
