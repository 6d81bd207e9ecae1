from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.formats.logs import pg_items
from perfkit.formats.logs.pg_items import FAILED, Items
from perfkit.formats.logs.pg_pending import mended, settled
from perfkit.formats.logs.pg_statements import BARE, EXECUTED, LOGGED, PLANNED


def chunk(steps, line):
    """Return the rows and items of some steps: (process, role, statement, ms, phase)."""
    rows = [(line + n, step) for n, step in enumerate(steps) if step[1] != FAILED]
    queries = tables.from_columns(
        "queries",
        {
            "line": pa.array([n for n, _ in rows], pa.int64()),
            "statement": pa.array([step[2] for _, step in rows], pa.string()),
            "duration_ms": pa.array([step[3] for _, step in rows], pa.float64()),
            "phase": pa.array([phase(step) for _, step in rows], pa.string()),
        },
    )
    count = len(steps)
    failed = np.array([step[1] == FAILED for step in steps], np.bool_)
    items = Items(
        session=pa.array([step[0] for step in steps], pa.string()),
        role=np.array([step[1] for step in steps], np.int64),
        row=np.where(failed, -1, np.cumsum(~failed) - 1),
        execute=np.array([phase(step) == "execute" for step in steps], np.bool_),
        text=np.zeros(count, np.int64),
        also=np.zeros(count, np.int64),
        many=np.ones(count, np.int64),
        error=pa.array(["no" if bad else None for bad in failed.tolist()], pa.string()),
    )
    return settled(queries, items)


def phase(step):
    if step[1] in {FAILED, PLANNED, BARE}:
        return None
    return step[4] if len(step) > 4 else "simple"


def joined(*steps, cuts=()):
    """Join steps that are cut into chunks; return the columns that joins change."""
    ends = [0, *sorted(cuts), len(steps)]
    parts = [chunk(steps[a:b], a) for a, b in pairwise(ends) if a < b]
    late = mended([part.pending for part in parts], [part.carry for part in parts])
    found = tables.concat([*(part.queries for part in parts), late], "queries").sort_by("line")
    names = ("statement", "duration_ms", "phase", "error")
    return list(zip(*(found[name].to_pylist() for name in names), strict=True))


def kept(*steps):
    """Return statements and durations, the same wherever the steps are cut."""
    whole = joined(*steps)
    for cut in range(1, len(steps)):
        assert joined(*steps, cuts=[cut]) == whole
    assert joined(*steps, cuts=range(1, len(steps))) == whole
    return [row[:2] for row in whole]


def test_a_bare_duration_moves_to_the_statement_its_process_logged():
    assert kept(
        ("7", LOGGED, "select 1", None), ("8", LOGGED, "select 2", None),
        ("8", BARE, None, 2.0), ("7", BARE, None, 1.0),
    ) == [("select 1", 1.0), ("select 2", 2.0)]  # fmt: skip


def test_a_duration_without_a_statement_stays_a_row_of_its_own():
    assert kept(("7", BARE, None, 5.0)) == [(None, 5.0)]


@pytest.mark.parametrize(
    "before",
    [
        [("7", EXECUTED, "select 1", 1.0)],  # it has its duration
        [("7", LOGGED, "select 1", None), ("7", BARE, None, 1.0)],  # and so has this one
        [("7", LOGGED, "select 1", None), ("7", FAILED)],
    ],
)
def test_a_second_duration_belongs_to_nobody(before):
    assert kept(*before, ("7", BARE, None, 9.0))[-1] == (None, 9.0)


def test_durations_before_a_logged_execution_are_its_parse_and_its_bind():
    steps = [
        *([("7", BARE, None, 1.0)] * 3),
        ("7", LOGGED, "select $1", None, "execute"),
        ("7", BARE, None, 5.0),
    ]
    for cuts in ((), (1,), (2,), (3,), (4,), (1, 2, 3, 4)):
        assert joined(*steps, cuts=cuts) == [
            (None, 1.0, None, None),
            (None, 1.0, "bind", None),
            (None, 1.0, "bind", None),
            ("select $1", 5.0, "execute", None),
        ]


def test_a_logged_statement_that_failed_has_its_error():
    steps = [("7", LOGGED, "select 1/0", None), ("8", FAILED), ("7", FAILED), ("7", FAILED)]
    for cuts in ((), (1,), (2,), (1, 2, 3)):
        assert joined(*steps, cuts=cuts) == [("select 1/0", None, "simple", "no")]


def test_a_plan_before_its_simple_statement_is_no_second_row():
    assert kept(("7", PLANNED, "select 1", 5.0), ("7", EXECUTED, "select 1", 5.1)) == [
        ("select 1", 5.1)
    ]


@pytest.mark.parametrize("plan_first", [True, False])
def test_a_plan_before_or_after_its_executed_statement_is_no_second_row(plan_first):
    pair = [("7", PLANNED, "select $1", 5.0), ("7", EXECUTED, "select $1", 5.1, "execute")]
    assert kept(*(pair if plan_first else pair[::-1])) == [("select $1", 5.1)]
    assert kept(*(pair if plan_first else pair[::-1]) * 5) == [("select $1", 5.1)] * 5


def test_a_commit_that_was_logged_closes_the_portal_of_the_statement_before_it():
    assert kept(
        ("7", LOGGED, "select $1", None, "execute"), ("7", BARE, None, 1.0),
        ("7", LOGGED, "COMMIT", None), ("7", PLANNED, "select $1", 0.9), ("7", BARE, None, 2.0),
    ) == [("select $1", 1.0), ("COMMIT", 2.0)]  # fmt: skip


@pytest.mark.parametrize(
    "steps",
    [
        [("7", PLANNED, "select 1", 5.0), ("7", EXECUTED, "select 2", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("8", EXECUTED, "select 1", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("7", FAILED), ("7", EXECUTED, "select 1", 5.1)],
        [("7", PLANNED, "select 1", 5.0), ("7", LOGGED, "select 1", None)],  # the next execution
        [("7", PLANNED, None, 5.0), ("7", EXECUTED, None, 5.1)],  # nobody knows
        # below the threshold of log_min_duration_statement, then above it
        [("7", PLANNED, "select 1", 5.0), *[("7", PLANNED, "select 1", 9.0),
         ("7", EXECUTED, "select 1", 9.1)]],
        [(None, PLANNED, "select 1", 5.0), (None, EXECUTED, "select 1", 5.1)],  # whose?
    ],
)  # fmt: skip
def test_plans_of_other_statements_stay(steps):
    assert len(kept(*steps)) == 2


def test_execute_of_a_prepared_statement_meets_its_plan():
    plan = ("7", PLANNED, "PREPARE p AS select $1", 5.0)
    assert kept(plan, ("7", EXECUTED, "execute p(1)", 5.1)) == [("execute p(1)", 5.1)]
    assert len(kept(plan, ("7", EXECUTED, "execute q(1)", 5.1))) == 2


def test_the_plan_of_a_cursor_is_part_of_what_reads_and_closes_it():
    assert kept(
        ("7", EXECUTED, "begin; declare c cursor for select 1", 0.1),
        ("7", EXECUTED, "fetch 2 from c", 0.5),
        ("7", PLANNED, "begin; declare c cursor for select 1", 0.4),
        ("7", EXECUTED, "commit", 0.1),
    ) == [("begin; declare c cursor for select 1", 0.1), ("fetch 2 from c", 0.5), ("commit", 0.1)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("78"), st.just(FAILED)),
        st.tuples(
            st.sampled_from("78"), st.sampled_from([EXECUTED, LOGGED, BARE, PLANNED, PLANNED]),
            st.sampled_from(["a", "a;b", None, "commit", "declare c cursor for x"]),
            st.sampled_from([1.0, 2.0]), st.sampled_from(["simple", "execute"]),
        ),
    ),
    max_size=24,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(steps=STEPS, data=st.data())
def test_where_a_log_is_cut_changes_nothing_and_rows_with_text_of_their_own_never_go(steps, data):
    if not steps:
        return
    cuts = data.draw(st.sets(st.integers(1, max(1, len(steps) - 1)), max_size=8))
    whole = joined(*steps)
    assert joined(*steps, cuts=cuts) == whole
    own = [step[2] for step in steps if step[1] in {EXECUTED, LOGGED}]
    left = [row[0] for row in whole]
    for text in ("a", "a;b"):
        assert left.count(text) >= own.count(text)


def test_few_items_of_a_long_session_cross_chunks():
    plans = [("7", PLANNED, f"select {n % 3}", 1.0) for n in range(600)]
    bare = [("8", BARE, None, 1.0)] * 600
    pairs = [("9", EXECUTED, "a", 1.0, "execute"), ("9", PLANNED, "a", 1.0)] * 300
    part = chunk([*plans, *bare, *pairs], 0)
    assert part.pending.num_rows < 20
    assert len(part.carry) < 50


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_statements_far_from_any_other_item_decide_nothing(chance):
    usual = [("7", EXECUTED, "select 1", 1.0), ("8", EXECUTED, "select $1", 2.0, "execute")]
    others = [
        *(("7", LOGGED, "select 1", None), ("7", BARE, None, 3.0), ("7", FAILED)),
        *(("8", PLANNED, "select $1", 4.0), ("7", PLANNED, "select 1", 5.0)),
    ]
    steps = [chance.choice(others if chance.random() < 0.05 else usual) for _ in range(300)]
    cuts = sorted({chance.randrange(1, 300) for _ in range(3)})
    found = joined(*steps), joined(*steps, cuts=cuts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pg_items, "_REACH", 1000)
        assert found == (joined(*steps), joined(*steps, cuts=cuts))
    assert found[0] == found[1]
