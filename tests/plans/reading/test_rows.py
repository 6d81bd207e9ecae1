"""Rows around a plan are taken apart; documents and other values stay as they are."""

import pytest

from perfkit.plans.reading.rows import unpacked

LINES = [
    "Limit  (cost=0.00..1.00 rows=1 width=4)",
    "  ->  Result  (cost=0.00..1.00 rows=1 width=4)",
]
DOCUMENT = {"Plan": {"Node Type": "Result"}}


@pytest.mark.parametrize(
    "rows",
    [
        LINES,
        [[line] for line in LINES],
        [["QUERY PLAN"], *[[line] for line in LINES]],
        [{"QUERY PLAN": line} for line in LINES],
        [{"query_plan": line, "n": n} for n, line in enumerate(LINES)],
        [{"anything": line} for line in LINES],
        [[["QUERY PLAN", line]] for line in LINES],
        {"command": "EXPLAIN", "rows": [{"QUERY PLAN": line} for line in LINES], "fields": [1]},
        {"data": {"rows": [[line] for line in LINES]}},
        [{"QUERY PLAN": "\n".join(LINES)}],
    ],
)
def test_the_lines_come_out(rows):
    assert unpacked(rows) == "\n".join(LINES)


@pytest.mark.parametrize(
    "rows", [[[[DOCUMENT]]], [{"QUERY PLAN": [DOCUMENT]}], {"rows": [{"QUERY PLAN": [DOCUMENT]}]}]
)
def test_a_document_in_a_row_comes_out(rows):
    assert unpacked(rows) in (DOCUMENT, [DOCUMENT])


@pytest.mark.parametrize(
    "value",
    [DOCUMENT, [DOCUMENT], [DOCUMENT] * 2, [], {}, 5, None, "x", [1, 2], {"query_block": {}},
     [["a", "b"]], [{"a": 1, "b": 2}], ["no plan"], [[[[]]]]],
)  # fmt: skip
def test_other_values_stay(value):
    assert unpacked(value) == value
