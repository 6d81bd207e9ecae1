"""Blocks of the event loop, grouped by the code to blame."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.event_loop import event_loop

START = datetime(2026, 3, 1, 14, tzinfo=UTC)
STACK = "shop.app:report:7;shop.report:render:27"


def at(seconds):
    return START + timedelta(seconds=seconds)


def block(second, ms=150.0, stack=STACK, **more):
    return {
        "at": at(second),
        "kind": "blocked_loop",
        "duration_ms": ms,
        "message": stack,
        **more,
    }


def request(ended, ms, route):
    started = at(ended) - timedelta(milliseconds=ms)
    return {"started_at": started, "duration_ms": ms, "route": route}


def found(built, *blocks, requests=()):
    return event_loop(built(events=blocks, requests=requests)).findings


@pytest.mark.parametrize(
    ("count", "ms", "found_"),
    [(3, 34.0, 1), (3, 33.0, 0), (2, 400.0, 0), (2, 500.0, 1), (1, 999.0, 0), (1, 1000.0, 1)],
)
def test_a_pattern_or_a_very_long_block_is_a_finding(built, count, ms, found_):
    assert len(found(built, *(block(n, ms) for n in range(count)))) == found_


def test_a_function_that_blocks_in_two_lines_is_one_cause_and_two_functions_are_two(built):
    other = STACK.replace("render:27", "render:31")
    third = STACK.replace("render:27", "draw:5")
    listed = [block(n, stack=s) for n, s in enumerate((STACK, STACK, other, third, third, third))]
    frames = {one.keys["frame"] for one in found(built, *listed)}
    assert frames == {"render (shop.report)", "draw (shop.report)"}


def test_the_title_names_the_line_seen_most_often(built):
    other = STACK.replace("render:27", "render:31")
    (one,) = found(built, *(block(n, stack=s) for n, s in enumerate((other, STACK, STACK))))
    assert one.title.startswith("render (shop.report:27) blocks the event loop 3 times, 450")


def test_the_saving_is_the_mean_block_times_their_number(built):
    (one,) = found(built, block(0, 100.0), block(1, 200.0), block(2, 600.0))
    assert (one.saves_ms, one.saves_times) == (300.0, 3)
    assert one.saves_total_ms == 900.0


@pytest.mark.parametrize(
    ("seconds", "ms", "severity"),
    [
        ((0, 1000, 2000), 100.0, "warning"),
        ((0, 1, 2), 100.0, "critical"),  # 300 ms of 2 s: more than a tenth
        ((0, 1000, 2000), 1000.0, "critical"),
    ],
)
def test_long_or_a_tenth_of_the_time_is_critical(built, seconds, ms, severity):
    (one,) = found(built, *(block(second, ms) for second in seconds))
    assert one.severity == severity


def test_the_route_that_was_open_during_all_blocks_is_named(built):
    served = [request(n, 160.0, "/report") for n in range(5)]
    (one,) = found(built, *(block(n) for n in range(5)), requests=served)
    assert one.keys["route"] == "/report"
    assert "for /report" in one.title


def test_where_two_routes_were_open_nothing_is_certain(built):
    served = [request(n, 160.0, route) for n in range(5) for route in ("/report", "/users")]
    (one,) = found(built, *(block(n) for n in range(5)), requests=served)
    assert "route" not in one.keys


def test_requests_held_up_are_counted_each_time(built):
    served = [request(n + 0.05, 200.0, f"/{r}") for n in range(3) for r in "ab"]
    (one,) = found(built, *(block(n) for n in range(3)), requests=served)
    assert "holding up 2.0 requests each time" in one.title


def test_evidence_shows_three_blocks_and_can_be_written_as_json(built):
    (one,) = found(built, *(block(n) for n in range(9)))
    assert len(one.evidence) == 3
    assert {type(row["at"]) for row in one.evidence} == {datetime}


def test_the_call_to_hand_to_a_thread_is_the_function_itself(built):
    (one,) = found(built, *(block(n) for n in range(3)))
    assert "asyncio.to_thread(render, ...)" in one.fix.snippet


@given(st.text(max_size=60))
def test_no_text_of_a_log_becomes_code_in_the_snippet(built, text):
    listed = [block(n, 2000.0, stack=f"shop.report:{text}:27") for n in range(3)]
    for one in found(built, *listed):
        calls = {n.func.attr for n in ast.walk(ast.parse(_awaited(one))) if isinstance(n, ast.Call)}
        assert calls == {"to_thread"}


def _awaited(one):
    return f"async def f():\n  {one.fix.snippet.splitlines()[0]}"
