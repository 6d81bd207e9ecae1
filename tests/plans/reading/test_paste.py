"""What clients put around a plan, taken off again."""

import csv
import io

import pytest

from perfkit.plans.reading.paste import pasted_lines

PLAN = [
    "Sort  (cost=0.00..1.00 rows=1 width=4)",
    '  Sort Key: "a b", (c || \'|\'::text)',
    '  ->  Seq Scan on t "x y"  (cost=0.00..1.00 rows=1 width=4)',
    '        Filter: ("x y".a <> \'"q"\'::text)',
]  # fmt: skip


def boxed(bars, dashes, corners):
    width = max(map(len, PLAN)) + 2
    rule = corners[0] + dashes * width + corners[1]
    rows = [f"{bars} {line:<{width - 2}} {bars}" for line in PLAN]
    return [rule, f"{bars}{'QUERY PLAN':^{width}}{bars}", rule, *rows, rule, "(4 rows)"]


def as_csv(quoting):
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator="\n").writerows([line] for line in PLAN)
    return file.getvalue().split("\n")


FORMS = {
    "as it is": PLAN,
    "ascii": boxed("|", "-", "++"),
    "unicode single": boxed("│", "─", "┌┐"),
    "unicode double": boxed("║", "═", "╔╗"),
    "no border": ["  QUERY PLAN", "--------------", *(f" {line}" for line in PLAN), "(4 Zeilen)"],
    "right border": ["QUERY PLAN   |", "-------------+", *(f"{line:<80}|" for line in PLAN)],
    "marks": [f"{line:<80}+" for line in PLAN],
    "arrow marks": [f"{line:<80}↵" for line in PLAN],
    "framed marks": [f"| {line:<80} +|" for line in PLAN],
    "expanded": [part for n, line in enumerate(PLAN) for part in (
        f"-[ RECORD {n} ]-------", f"QUERY PLAN | {line}")],
    "quotes": as_csv(csv.QUOTE_ALL),
    "csv": ["QUERY PLAN", *as_csv(csv.QUOTE_MINIMAL)],
    "one cell": ('"' + "\n".join(PLAN).replace('"', '""') + '"').split("\n"),
    "tuples": ["[" + "\n ".join(f"('{line}',)," for line in PLAN) + "]"],
    "log": ["2024-01-01 00:00:00 UTC LOG:  duration: 1 ms  plan:", *(f"\t{x}" for x in PLAN)],
    "syslog": [f"Nov  1 00:00:00 host postgres[7]: [3-{n}] #011{x}" for n, x in enumerate(PLAN)],
    "tabs": [line.replace(" " * 8, "\t") for line in PLAN],
    "comment": [f"-- {line}" for line in PLAN],
    "mail": [f"> {line}" for line in PLAN],
    "markdown": ["```sql", *PLAN, "```"],
    "windows": [f"{line}\r" for line in PLAN],
    "no-break spaces": [line.replace(" ", "\u00a0") for line in PLAN],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_lines_of_the_plan_come_out_with_their_indentation(form):
    lines = pasted_lines("\n".join(FORMS[form]))
    first = next(n for n, line in enumerate(lines) if "Sort  (cost" in line)
    edge = lines[first].index("Sort")
    assert [line[edge:].rstrip() for line in lines[first : first + 4]] == PLAN


@pytest.mark.parametrize("line", ["-> Result", "->", "--", "a | b", "- x -"])
def test_what_is_no_rule_stays(line):
    assert pasted_lines(f"x\n{line}\ny") == ["x", line, "y"]


def test_nothing_is_made_of_nothing():
    assert pasted_lines("") == [""]
    assert pasted_lines("\x00\ufeff") == [""]
