from types import SimpleNamespace

import pytest

from perfkit.plans.read import read_plan
from perfkit.probes.effects.writes import Writes
from perfkit.probes.explain_run import Measured
from perfkit.tasks.explaining.caveats import caveats


def plan(kind="Seq Scan", cost=100.0, document=None, **more):
    root = {"Node Type": kind, "Relation Name": "t", "Schema": "public", "Total Cost": cost,
            "Plan Rows": 1, "Actual Loops": 1, "Actual Rows": 1, "Actual Total Time": 2.0,
            "Actual Startup Time": 0.0, **more}  # fmt: skip
    return read_plan({"Plan": root, "Execution Time": 2.0, **(document or {})})


def said(measured, *, generic=None, notes=()):
    return "\n".join(caveats(SimpleNamespace(measured=measured, generic=generic, notes=notes)))


def test_one_execution_says_so_and_a_planned_one_why():
    assert said(Measured(plan=plan(), times_ms=(2.0,))) == (
        "One execution, with the caches as they were."
    )
    text = said(Measured(plan=plan(), not_executed="Not executed: why.", notes=("left out",)))
    assert text == "Not executed: why.\nleft out"


@pytest.mark.parametrize(
    ("times", "bare", "clock"),
    [
        ((9.0, 5.0, 4.0), 3.9, ""),
        ((9.0, 5.0, 4.0), 2.0, "measuring adds 100.0 %"),
        ((0.9, 0.5, 0.4), 0.2, ""),  # too short to tell
        ((9.0, 5.0, 4.0), None, ""),
    ],
)
def test_of_several_runs_the_first_and_the_best_are_named(times, bare, clock):
    text = said(Measured(plan=plan(), times_ms=times, bare_ms=bare))
    assert "3 executions: the first took" in text
    assert "whose plan this is" in text
    assert ("clock around every node" in text) is bool(clock)
    assert clock in text


def test_what_a_rollback_does_not_undo_is_listed():
    fired = [
        {"Trigger Name": "audits", "Relation": "t", "Time": 1, "Calls": 1},
        {"Trigger Name": "x", "Constraint Name": "fk", "Calls": 1},
    ]
    document = {"Triggers": fired}
    done = plan("ModifyTable", document=document, Operation="Insert", **{"WAL Bytes": 2048})
    writes = Writes(sequences=("s1", "s2"), deferred=("later",))
    text = said(Measured(plan=done, times_ms=(2.0,), writes=writes))
    assert "row locks on public.t were held for about 2.00 ms" in text
    assert "dead row versions until VACUUM" in text
    assert "kB of WAL was written for it" in text
    assert "Sequences advanced and do not go back: s1, s2." in text
    assert "Triggers that fired: audits, fk." in text
    assert "Deferred to the commit, so neither fired nor timed: later." in text


def test_rows_that_were_only_locked_leave_no_dead_versions():
    text = said(Measured(plan=plan("LockRows"), times_ms=(2.0,), writes=Writes()))
    assert "row locks on public.t" in text
    assert "dead row versions" not in text


def test_many_names_are_counted():
    writes = Writes(sequences=tuple(f"s{n}" for n in range(9)))
    text = said(Measured(plan=plan(), times_ms=(2.0,), writes=writes))
    assert "s0, s1, s2, s3, s4 and 4 more." in text


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (plan(cost=110.0), "the same shape at about the same cost"),
        (plan(cost=500.0), "the same shape at 5 times the cost"),
        (plan("Index Scan", cost=100.0, **{"Index Name": "i"}), "another shape at about the same"),
    ],
)
def test_the_generic_plan_is_compared_in_a_sentence(other, words):
    assert words in said(Measured(plan=plan(), times_ms=(2.0,)), generic=other)


def test_times_that_disagree_are_said():
    child = {"Node Type": "Seq Scan", "Actual Loops": 1, "Actual Total Time": 50.0,
             "Actual Rows": 1, "Actual Startup Time": 0.0, "Plan Rows": 1}  # fmt: skip
    odd = plan("Limit", Plans=[child])
    text = said(Measured(plan=odd, times_ms=(2.0,)))
    assert not odd.times.consistent
    assert "Times disagree" in text


def test_what_a_damaged_plan_lost_and_other_notes_come_last():
    text = said(Measured(plan=plan(), times_ms=(2.0,), notes=("options",)), notes=("facts",))
    assert text.splitlines()[1:] == ["facts", "options"]
