import re
import sys
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.results import Finding, Fix, Result
from perfkit.views.text import render

# what a terminal obeys, and what turns the direction of writing
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def result(**changes):
    plain = {
        "analysis": "digest",
        "question": "What?",
        "headline": "That.",
        "arrow": pa.table({"route": ["/a"], "p95_ms": [1.5]}),
        "noun": "routes",
    }
    return Result(**(plain | changes))


FINDING = Finding(
    rule="r",
    severity="warning",
    title="/a asks 40 times",
    fix=Fix(text="Ask once.", snippet="if x:\n\task()"),
    evidence=[{"calls": 40, "total_ms": 12.0}],
    saves_ms=11.7,
    saves_basis="per request",
    saves_times=400,
    reference="https://docs.example",
)


def test_it_says_question_conclusion_findings_table_and_caveats_in_that_order():
    text = render(result(findings=[FINDING], caveats=["Sampled."], closing="The end."))
    parts = [
        "What?", "That.", "1. [warning] /a asks 40 times",
        "saves 11.7 ms per request (400 times, 4.68 s in all)", "total ms", "fix: Ask once.",
        "if x:\n           ask()", "see: https://docs.example", "p95 ms", "note: Sampled.",
        "to paste into the incident channel:\n  The end.",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_nothing_wrong_says_what_was_checked():
    assert "Nothing wrong was found. Checked:\n- slow routes" in render(
        result(checked=["slow routes"])
    )


def test_at_most_twenty_rows_are_shown_and_that_is_said():
    text = render(result(arrow=pa.table({"route": [f"/r{i}x" for i in range(57)]})))
    assert "/r19x" in text
    assert "/r20x" not in text
    assert "showing 20 of 57 routes" in text


def test_columns_that_do_not_fit_are_named():
    wide = pa.table({f"column_{i}": [10**9] for i in range(20)})
    assert "further columns in .table: column_" in render(result(arrow=wide))


def test_numbers_are_never_cut():
    table = pa.table({"statement": ["x" * 300], **{f"n{i}": [10**8] for i in range(5)}})
    assert render(result(arrow=table)).count("100,000,000") == 5


@given(
    st.lists(st.text(max_size=200), min_size=1, max_size=4),
    st.lists(st.floats(), min_size=4, max_size=4),
)
def test_no_table_is_wider_than_a_hundred_characters(texts, numbers):
    table = pa.table(
        {
            "route": pa.array([t.encode("utf-8", "replace").decode() for t in texts]),
            "p95_ms": numbers[: len(texts)],
            "other": pa.array(["y" * 90] * len(texts)),
        }
    )
    text = render(result(arrow=table))
    assert max(map(len, text.splitlines())) <= 100
    assert not OBEYED.search(text)


def test_hostile_text_cannot_reach_the_terminal(evil_result):
    text = render(evil_result)
    assert not OBEYED.search(text)
    assert r"<script>alert(1)</script>\x1b[31m" in text
    assert evil_result.findings or evil_result.analysis == "breakdown"  # it has none


def test_no_line_of_a_large_result_is_too_long(large_result):
    assert max(map(len, render(large_result).splitlines())) <= 100


@pytest.mark.parametrize(("terminal", "widest"), [(80, 80), (300, 100), (20, 80), (90, 90)])
def test_a_terminal_gets_lines_that_fit_it(large_result, monkeypatch, terminal, widest):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(terminal))
    longest = max(map(len, render(large_result).splitlines()))
    assert longest <= widest
    assert longest > widest - 12 or not large_result.findings  # which fill the width


def test_the_last_text_of_the_evidence_is_never_cut():
    says = "trace 1ddd5d6a, " + "one call 31.4 ms, " * 12
    text = render(result(findings=[replace(FINDING, evidence=[{"step": "cause", "says": says}])]))
    assert re.sub(r"\s+", " ", text).count("one call 31.4 ms,") == 12
    assert max(map(len, text.splitlines())) <= 100


def test_nothing_read_is_shown(empty_result):
    assert empty_result.headline in render(empty_result).replace("\n", " ")


@pytest.mark.parametrize("data", [{}, {"route": []}, {f"column_{n}": [] for n in range(40)}])
def test_a_table_without_rows_is_left_out(data):
    assert render(result(arrow=pa.table(data))) == "What?\nThat."


def test_a_section_without_rows_is_left_out():
    some, none = pa.table({"route": ["/a"]}), pa.table({"route": []})
    text = render(result(sections={"Some": some, "None": none}))
    assert "Some:" in text
    assert "None:" not in text


def test_findings_beyond_fifteen_are_counted():
    many = [replace(FINDING, saves_ms=float(100 - n), title=f"finding {n}x") for n in range(40)]
    text = render(result(findings=many))
    assert "finding 14x" in text
    assert "finding 15x" not in text
    assert "and 25 more in .findings" in text


def test_a_section_of_which_some_rows_are_shown_says_so():
    long, short = pa.table({"route": [f"/{n}" for n in range(12)]}), pa.table({"route": ["/a"]})
    text = render(result(sections={"Long": long, "Short": short}))
    assert "Long (the first 5 of 12 rows):" in text
    assert "Short:" in text
