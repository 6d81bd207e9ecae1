import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.formats.logs.pg_joins import FAILED, Sequence, join_locks, join_statements
from perfkit.formats.logs.pg_statements import BARE, EXECUTED, LOGGED, PLANNED, STEP


def joined(*steps, cut=None):
    """Join steps (process, role, statement, ms, phase); return statements and durations left."""
    rows = [step for step in steps if step[1] != FAILED]
    queries = tables.from_columns(
        "queries",
        {
            "statement": pa.array([step[2] for step in rows], pa.string()),
            "duration_ms": pa.array([step[3] for step in rows], pa.float64()),
            "phase": pa.array(
                [step[4] if len(step) > 4 else "simple" for step in rows], pa.string()
            ),
        },
    )
    place = np.cumsum([step[1] != FAILED for step in steps]) - 1
    place = np.where([step[1] == FAILED for step in steps], -1, place)
    whole = Sequence(
        session=pa.array([step[0] for step in steps], pa.string()),
        role=np.array([step[1] for step in steps], np.int64),
        row=place.astype(np.int64),
    )
    at = len(steps) if cut is None else cut
    parts = [
        Sequence(whole.session[:at], whole.role[:at], whole.row[:at]),
        Sequence(whole.session[at:], whole.role[at:], whole.row[at:]),
    ]
    found = join_statements(queries, parts)
    return list(zip(found["statement"].to_pylist(), found["duration_ms"].to_pylist(), strict=True))


def test_a_bare_duration_moves_to_the_statement_its_process_logged():
    assert joined(
        ("7", LOGGED, "select 1", None), ("8", LOGGED, "select 2", None),
        ("8", BARE, None, 2.0), ("7", BARE, None, 1.0),
    ) == [("select 1", 1.0), ("select 2", 2.0)]  # fmt: skip


def test_a_duration_without_a_statement_stays_a_row_of_its_own():
    assert joined(("7", BARE, None, 5.0)) == [(None, 5.0)]


@pytest.mark.parametrize(
    "before",
    [
        [("7", EXECUTED, "select 1", 1.0)],  # it has its duration
        [("7", LOGGED, "select 1", None), ("7", BARE, None, 1.0)],  # and so has this one
        [("7", LOGGED, "select 1", None), ("7", FAILED)],
    ],
)
def test_a_second_duration_belongs_to_nobody(before):
    assert joined(*before, ("7", BARE, None, 9.0))[-1] == (None, 9.0)


def test_a_plan_before_its_simple_statement_is_no_second_row():
    assert joined(("7", PLANNED, "select 1", 5.0), ("7", EXECUTED, "select 1", 5.1)) == [
        ("select 1", 5.1)
    ]


@pytest.mark.parametrize("plan_first", [True, False])
def test_a_plan_before_or_after_its_executed_statement_is_no_second_row(plan_first):
    pair = [("7", PLANNED, "select $1", 5.0), ("7", EXECUTED, "select $1", 5.1, "execute")]
    assert joined(*(pair if plan_first else pair[::-1])) == [("select $1", 5.1)]


@pytest.mark.parametrize(
    "steps",
    [
        [("7", PLANNED, "select 1", 5.0), ("7", EXECUTED, "select 2", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("8", EXECUTED, "select 1", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("7", FAILED), ("7", EXECUTED, "select 1", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("7", LOGGED, "select 1", None)],  # the next execution
        [("7", PLANNED, None, 5.0), ("7", EXECUTED, None, 5.1)],  # nobody knows
    ],
)
def test_plans_of_other_statements_stay(steps):
    assert len(joined(*steps)) == 2


def test_execute_of_a_prepared_statement_meets_its_plan():
    assert joined(
        ("7", PLANNED, "PREPARE p AS select $1", 5.0), ("7", EXECUTED, "execute p(1)", 5.1)
    ) == [("execute p(1)", 5.1)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("78"), st.just(FAILED)),
        st.tuples(
            st.sampled_from("78"), st.sampled_from([STEP, EXECUTED, LOGGED, BARE, PLANNED]),
            st.sampled_from(["a", "b", None]), st.sampled_from([1.0, 2.0]),
            st.sampled_from(["simple", "execute"]),
        ),
    ),
    max_size=14,
)  # fmt: skip


@given(steps=STEPS, data=st.data())
def test_where_a_log_is_cut_changes_nothing_and_rows_with_text_of_their_own_never_go(steps, data):
    if not steps:
        return
    cut = data.draw(st.integers(0, len(steps)))
    whole = joined(*steps)
    assert joined(*steps, cut=cut) == whole
    own = [step[2] for step in steps if step[1] in {STEP, EXECUTED, LOGGED}]
    left = [statement for statement, _ in whole]
    for text in ("a", "b"):
        assert left.count(text) >= own.count(text)


WAIT = "process {} {} ShareLock on transaction {} after {} ms"


def locks(*messages):
    ms = [float(text.split(" after ")[-1].split()[0]) for text in messages]
    columns = {"kind": ["lock_wait"] * len(ms), "message": list(messages), "duration_ms": ms}
    found = join_locks(tables.from_columns("events", columns))
    return found["duration_ms"].to_pylist()


def test_still_waiting_and_acquired_are_one_wait_as_long_as_the_latter_says():
    still = WAIT.format(7, "still waiting for", 5, 1000.0)
    got = WAIT.format(7, "acquired", 5, 2500.0)
    assert locks(still, got) == [2500.0]
    assert locks(still) == [1000.0]
    assert locks(got) == [2500.0]
    assert locks(still, got, still, got) == [2500.0, 2500.0]


@pytest.mark.parametrize(("pid", "transaction"), [(8, 5), (7, 6)])
def test_waits_of_other_processes_or_locks_are_others(pid, transaction):
    still = WAIT.format(7, "still waiting for", 5, 1000.0)
    assert len(locks(still, WAIT.format(pid, "acquired", transaction, 2500.0))) == 2
