import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_templates import MARK, TIME, USUAL, candidates


def built(head, severity="LOG:  "):
    return set(candidates(Counter([head + severity]))) - set(USUAL)


@pytest.mark.parametrize(
    ("head", "template"),
    [
        (f"{MARK} UTC [123] app@shop ", "%m [%p] %u@%d "),
        (f"{MARK} user=app,db=shop,pid=7 ", "%m user=%u,db=%d,pid=%p "),
        (f"{MARK} [7] ip=10.0.0.1 sid=68f0a1b2.1c3 ", "%m [%p] ip=%h sid=%c "),
        (f"{MARK} db='shop' code=00000 ", "%m db='%d' code=%e "),
        (f"{MARK}|10.0.0.1(5432)|3/17|", "%m|%r|%v|"),
        (f"<{MARK} app shop psql> ", "<%m %u %d %a> "),
        (f"{MARK} 68f0a1b2.1c3: ", "%m %c: "),
    ],
)
def test_parts_of_a_head_become_their_escapes(head, template):
    found = set(candidates(Counter([head + "LOG:  "])))
    assert template in found


def test_words_may_also_be_fixed_text():
    assert {"%m myhost [%p] ", "%m %u [%p] "} <= built(f"{MARK} myhost [7] ") | set(USUAL)


def test_a_percent_sign_in_a_head_is_escaped():
    assert any(template.startswith("100%% ") or "%%" in template for template in built("100% "))


def test_processes_without_a_session_stop_before_its_fields():
    found = candidates(Counter([f"{MARK} [1] user=app,db=shop LOG:  "]))
    assert "%m [%p] %quser=%u,db=%d " in found


def test_the_usual_ones_come_first_and_nothing_comes_twice():
    found = candidates(Counter({f"{MARK} [1] LOG:  ": 5, f"{MARK} [1] a@b LOG:  ": 2}))
    assert tuple(found[: len(USUAL)]) == USUAL
    assert len(found) == len(set(found))


def test_only_the_two_hundred_most_common_heads_suggest_something():
    rare = {f"only{n} LOG:  ": 1 for n in range(5000)}
    assert len(candidates(Counter(rare))) <= len(USUAL) + 4 * 200


@given(st.text(max_size=60))
def test_any_head_suggests_templates_of_known_escapes(text):
    for template in candidates(Counter([text + "LOG:  "])):
        kinds = template.replace("%%", "").split("%")[1:]
        assert all(kind[:1] and kind[0] in "abcdehilmnpqQrstuvx" for kind in kinds)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("2026-11-21 02:00:00", True), ("2026-11-21T02:00:00.123456", True),
        ("1763690400.123", True), ("1763690400", False), ("2026-11-21", False),
    ],
)  # fmt: skip
def test_the_pattern_of_a_time_fits_times(text, whole):
    assert bool(re.fullmatch(TIME, text)) is whole
