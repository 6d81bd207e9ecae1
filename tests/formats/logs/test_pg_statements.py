import numpy as np
import pytest

from perfkit.formats.logs.pg_statements import (
    BARE,
    EXECUTED,
    LOGGED,
    PLANNED,
    STEP,
    read_statements,
)


@pytest.fixture
def read(records):
    def statements(*lines):
        found = records(*lines)
        main = np.flatnonzero(found.owner == np.arange(len(found.start)))
        return read_statements(found, main)

    return statements


@pytest.mark.parametrize(
    ("text", "role", "phase", "statement", "ms"),
    [
        ("duration: 1.5 ms  statement: select 1", EXECUTED, "simple", "select 1", 1.5),
        ("duration: 2 ms  parse <unnamed>: select $1", STEP, "parse", "select $1", 2.0),
        ("duration: 2 ms  bind s1/p: select $1", STEP, "bind", "select $1", 2.0),
        ("duration: 2 ms  execute s1: select $1", EXECUTED, "execute", "select $1", 2.0),
        (
            "duration: 2 ms  execute fetch from <unnamed>: select 1",
            EXECUTED,
            "execute",
            "select 1",
            2.0,
        ),
        ("duration: 7.125 ms", BARE, None, None, 7.125),
        ("statement: select 5", LOGGED, "simple", "select 5", None),
        ("execute <unnamed>: select $1", LOGGED, "execute", "select $1", None),
    ],
)
def test_each_way_to_log_a_statement_has_its_role(read, text, role, phase, statement, ms):
    found = read(text)
    (row,) = found.queries.to_pylist()
    assert found.role.tolist() == [role]
    assert (row["phase"], row["statement"], row["duration_ms"]) == (phase, statement, ms)
    assert (row["system"], row["duration_kind"], row["line"]) == ("postgresql", "server", 1)


@pytest.mark.parametrize(
    "text",
    [
        "duration: ms  statement: select 1", "duration: -1 ms  statement: x", "duration: 1.2",
        "duration: 1e5 ms", 'duration: 1 ms  fastpath function call: "x" (OID 5)',
        "duration: 1 ms  something else: x", "checkpoint starting: time", "statements: x", "",
    ],
)  # fmt: skip
def test_other_messages_are_no_statements(read, text):
    found = read("a first message", text)
    assert found.queries.num_rows == 0
    assert found.taken.tolist() == []


def test_a_colon_in_the_statement_is_part_of_it(read):
    found = read("duration: 1 ms  execute a: select ':' || now()::text")
    assert found.queries["statement"].to_pylist() == ["select ':' || now()::text"]


def test_the_text_keeps_its_lines_and_loses_the_blanks_around_it(read):
    found = read("duration: 1 ms  statement: \nselect 1,\n\t2  ")
    assert found.queries["statement"].to_pylist() == ["select 1,\n\t2"]


def test_an_empty_statement_is_unknown(read):
    assert read("duration: 1 ms  statement: ").queries["statement"].to_pylist() == [None]


def test_parameters_stand_in_the_detail_of_the_same_process(read):
    found = read(
        (7, "duration: 1 ms  execute a: select $1"), (8, "duration: 1 ms  execute b: select $1"),
        (8, "DETAIL:  Parameters: $1 = '8'"), (7, "DETAIL:  parameters: $1 = NULL"),
        (7, "duration: 1 ms  execute c: select $1"), (7, "DETAIL:  prepare: x"),
    )  # fmt: skip
    assert found.queries["parameters"].to_pylist() == ["$1 = NULL", "$1 = '8'", None]


def test_statements_that_differ_in_values_share_a_fingerprint(read):
    found = read(*(f"duration: 1 ms  statement: select {n}" for n in range(3)))
    assert len(set(found.queries["fingerprint_id"].to_pylist())) == 1
    assert found.queries["fingerprint"].to_pylist() == ["select ?"] * 3


def test_a_statement_began_its_duration_before_its_line(read):
    found = read("duration: 1500 ms  statement: select 1", "statement: select 2")
    began = found.queries["started_at"].cast("int64").to_pylist()
    assert began[1] - began[0] == 2_500_000_000


def test_a_plan_is_a_statement_until_its_own_line_is_found(read):
    found = read(
        'duration: 3 ms  plan:\n{"Query Text": "select 1", "Plan": {}}',
        "duration: 3 ms  statement: select 1",
    )
    assert found.role.tolist() == [PLANNED, EXECUTED]
    assert found.queries["statement"].to_pylist() == ["select 1", "select 1"]
    assert found.plans.num_rows == 1


def test_a_plan_that_is_cut_off_is_broken_and_no_row(read):
    found = read("duration: 1 ms  statement: select 1", 'duration: 3 ms  plan:\n{"Query Te')
    assert found.broken.tolist() == [1]
    assert found.taken.tolist() == [0]
