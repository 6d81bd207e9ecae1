import pytest

from perfkit.errors import InputError
from perfkit.plans.mysql.steps import MAX_DEPTH, Step, deeper, document_node


def step(kind, *children, own=None, total=None, loops=1, overlaps=False):
    return Step(
        properties={"Node Type": kind, "Actual Loops": loops}, children=list(children),
        own_ms=own, total_ms=total, overlaps=overlaps,
    )  # fmt: skip


def test_a_step_takes_its_own_time_and_that_of_the_steps_below():
    node = document_node(step("a", step("b", own=2.0, loops=4), own=1.0), timed=True)
    assert node["Actual Total Time"] == 3.0
    assert node["Plans"][0]["Actual Total Time"] == 0.5


def test_a_total_of_the_server_is_believed():
    assert document_node(step("a", step("b", own=2.0), total=7.0), timed=True)[
        "Actual Total Time"
    ] == 7.0  # fmt: skip


def test_time_measured_twice_is_taken_out_where_it_may_be_twice():
    twice = step("twice", step("inner", own=9.0, total=9.0), own=3.0, overlaps=True)
    node = document_node(step("block", step("join", twice), total=10.0), timed=True)
    assert node["Actual Total Time"] == 10.0
    assert node["Plans"][0]["Actual Total Time"] == 10.0
    assert node["Plans"][0]["Plans"][0]["Actual Total Time"] == 10.0


def test_without_measures_nothing_is_told_of_time():
    assert document_node(step("a"), timed=False) == {"Node Type": "a", "Actual Loops": 1}


def test_what_never_ran_has_no_time():
    assert "Actual Total Time" not in document_node(step("a", loops=0), timed=True)


def test_depth_has_a_limit():
    assert deeper(1) == 2
    with pytest.raises(InputError, match="deeper than 300"):
        deeper(MAX_DEPTH)
