"""What stands in front of all lines of a plan is taken off, and nothing else."""

import time

import pytest

from perfkit.plans.reading.prefixes import without_prefixes

ROW = "(cost=0.00..1.00 rows=1 width=4)"
PLAN = [
    f"Nested Loop  {ROW}",
    f"  ->  Seq Scan on a  {ROW}",
    "        Filter: (x > 1)",
    f"  ->  Seq Scan on b  {ROW}",
]
NUMBERED = [f"{n}: {line}" for n, line in enumerate(PLAN, 9)]


def bare(lines):
    """The lines by the blanks that they have more than the first one."""
    first = len(lines[0]) - len(lines[0].lstrip())
    return [line[first:] for line in lines]


@pytest.mark.parametrize(
    "before",
    [
        "> ", "> > ", ">> ", "# ", "-- ", "// ", " * ", "+", "NOTICE:  ", "psql:a.sql:3: NOTICE:  ",
        "QUERY PLAN | ", "QUERY PLAN|", "│ QUERY PLAN │ ", "db-1  | ",
        "2026-01-02T03:04:05.678901234Z stderr F ", "[2026-01-02 03:04:05] ",
        "2026-01-02T03:04:05.678901234Z stdout F > ", "            [QUERY PLAN] => ",
    ],
)  # fmt: skip
def test_the_same_sign_in_front_of_all_lines_is_taken_off(before):
    assert bare(without_prefixes([before + line for line in PLAN])) == PLAN


@pytest.mark.parametrize("form", ["{}: {}", "{}. {}", "{} | {}", "{},{}", "{}\t{}", "{:4}  {}"])
def test_numbers_that_count_up_are_taken_off(form):
    lines = [form.format(n, line) for n, line in enumerate(PLAN, 8)]
    assert bare(without_prefixes(lines)) == PLAN


def test_lines_around_a_quoted_plan_stay():
    lines = ["Bob wrote:", *[f"> {line}" for line in PLAN], "", "Why is that slow?"]
    found = without_prefixes(lines)
    assert found[0] == "Bob wrote:"
    assert found[-1] == "Why is that slow?"
    assert bare(found[1:5]) == PLAN


def test_a_plan_without_prefix_and_one_with_different_ones_stay():
    for lines in (PLAN, [f"> {PLAN[0]}", *PLAN[1:]], ["5: a", *PLAN], [], ["", "x"]):
        assert without_prefixes(lines) == lines
    down = [f"{9 - n}: {line}" for n, line in enumerate(PLAN)]
    assert without_prefixes(down) == down  # they do not count up


def test_brackets_between_the_rows_of_php_are_left_out():
    rows = [["    [0] => Array", "        (", f"            [QUERY PLAN] => {line}", "        )"]
            for line in PLAN]  # fmt: skip
    assert without_prefixes(["Array", "(", *[line for row in rows for line in row], ")"]) == PLAN


@pytest.mark.parametrize("sign", ["> ", "1: ", "a", "- ", "2026-01-02 03:04:05 ", "+"])
def test_time_grows_with_the_text(sign):
    began = time.perf_counter()
    without_prefixes([sign * 100_000 + "(cost=", *[f"{sign}(cost="] * 20_000])
    assert time.perf_counter() - began < 3
