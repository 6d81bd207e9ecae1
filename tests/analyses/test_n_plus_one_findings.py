"""What is said about an N+1, and the code that is offered to paste."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.n_plus_one_findings import Sender, finding
from perfkit.analyses.n_plus_one_pattern import Pattern
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.find import Repeat
from perfkit.fingerprint import fingerprint

SQL = "select name from items where order_id = ?"
URL = Target(url="GET http://stock/items/{id}", peer="stock")


def repeat(**more):
    values = {"trace_id": "t", "route": "/orders", "parent": None, "source": None, "node": 0}
    numbers = {"repeats": 40, "time_ms": 80.0, "call_ms": 2.0, "share": 0.4}
    return Repeat(**{**values, **numbers, "target": Target(fingerprint=SQL), **more})


def found(target=None, *repeats, route="/orders"):
    target = target or Target(fingerprint=SQL, fingerprint_id="f1")
    return finding(Pattern(target=target, route=route, found=repeats or (repeat(),)))


def told(sender=None, growth="", **more):
    repeats = [repeat(source="select id from orders", **more) for _ in range(6)]
    return finding(
        Pattern(target=repeats[0].target, route="/orders", found=repeats), sender, growth
    )


def snippet_for(sql):
    return found(Target(fingerprint=sql)).fix.snippet


def test_the_title_says_who_sends_what_how_often_and_what_it_takes():
    title = found().title
    assert title.startswith(f"/orders sends {SQL} 40 times per request, 80")
    assert "40" in title
    assert "(" not in title


def test_where_n_follows_the_data_its_range_is_said():
    title = found(None, repeat(repeats=5), repeat(repeats=60), repeat(repeats=41)).title
    assert "41 times per request (5 to 60)" in title


def test_an_unknown_route_is_a_request():
    assert found(route=None).title.startswith("A request sends")
    assert "route" not in found(route=None).keys


@pytest.mark.parametrize(
    ("numbers", "severity"),
    [
        ({"time_ms": 101.9, "call_ms": 2.0, "share": 0.1}, "warning"),
        ({"time_ms": 102.0, "call_ms": 2.0, "share": 0.1}, "critical"),
        ({"time_ms": 5.0, "call_ms": 1.0, "share": 0.5}, "critical"),
    ],
)
def test_what_is_felt_or_takes_half_the_request_is_critical(numbers, severity):
    assert found(None, repeat(**numbers)).severity == severity


def test_three_requests_confirm_it():
    assert found(None, *[repeat()] * 2).confidence == "medium"
    assert found(None, *[repeat()] * 3).confidence == "high"


def test_the_saving_is_all_but_one_call_in_every_request():
    one = found(None, *[repeat()] * 7)
    assert (one.saves_ms, one.saves_times, one.saves_total_ms) == (78.0, 7, 546.0)


def test_evidence_is_the_three_requests_that_lost_most():
    times = (3.0, 900.0, 5.0, 70.0, 4.0)
    one = found(None, *(repeat(trace_id=f"t{ms:g}", time_ms=ms) for ms in times))
    assert [row["trace_id"] for row in one.evidence] == ["t900", "t70", "t5"]


def test_keys_join_it_to_other_files_and_hold_nothing_unknown():
    assert found().keys == {"route": "/orders", "fingerprint_id": "f1", "trace_id": "t"}
    assert found(URL, repeat(trace_id=None)).keys == {"route": "/orders", "peer": "stock"}


@pytest.mark.parametrize(
    ("sql", "at_once"),
    [
        (SQL, "# SQL: select name from items where order_id = ANY(:ids)"),
        (
            'select a from "items" i where "i"."order_id" = ? order by a',
            '# SQL: select a from "items" i where "i"."order_id" = ANY(:ids) order by a',
        ),
        (
            "select a from items where ?::integer = items.order_id",
            "# SQL: select a from items where items.order_id = ANY(:ids)",
        ),
        (
            "select a from items where order_id = ?::character varying",
            "# SQL: select a from items where order_id = ANY(:ids)",
        ),
    ],
)
def test_the_statement_for_all_ids_is_offered(sql, at_once):
    assert snippet_for(sql).splitlines()[-1] == at_once


@pytest.mark.parametrize("sql", ["select a from items", "select a from t where b > ?", "call f(?)"])
def test_without_a_simple_condition_only_the_orm_is_shown(sql):
    assert "SQL:" not in snippet_for(sql)
    assert "selectinload" in snippet_for(sql)


def test_the_statement_before_is_named_as_the_place_where_the_loop_begins():
    one = found(None, repeat(source="select id from orders limit ?"))
    assert "They come from select id from orders limit ?." in one.fix.text


@pytest.mark.parametrize("sql", ["insert into t values (?)", "update t set a = ? where id = ?"])
def test_writes_are_to_be_written_at_once(sql):
    one = found(Target(fingerprint=sql))
    assert "Write all rows" in one.fix.text
    assert "insert(Model)" in one.fix.snippet


def test_calls_of_a_service_are_to_be_asked_at_once_and_are_more_work():
    one = found(URL)
    assert "asyncio.gather" in one.fix.snippet
    assert one.effort == "medium"
    assert found().effort == "low"


@given(st.text(max_size=200))
def test_no_statement_of_a_log_leaves_the_comment_of_the_snippet(text):
    sql = fingerprint(f"select {text} from t where id = 1") or "x"
    known = ast.dump(ast.parse(snippet_for("select 1")))
    assert ast.dump(ast.parse(snippet_for(sql))) in {known, ast.dump(ast.parse(_WRITES))}


_WRITES = found(Target(fingerprint="insert into t values (?)")).fix.snippet


@pytest.mark.parametrize("newline", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_no_line_break_of_any_kind_ends_the_comment(newline):
    shown = snippet_for(f"select a{newline}import os from t where id = ?")
    assert len(shown.splitlines()) == len(snippet_for(SQL).splitlines())


def test_that_n_is_the_number_of_rows_is_said_behind_the_statement_that_returns_them():
    assert "from select id from orders. N is the number of rows" in told(growth="rows").fix.text
    assert "N differs from request to request" in told(growth="varies").fix.text
    assert "N " not in told(growth="constant").fix.text


def test_the_range_of_the_saving_is_said_where_it_is_known():
    assert "It saves 10 ms to 90 ms per request." in told(least_ms=10.0, most_ms=90.0).fix.text
    assert "It saves" not in told().fix.text


def test_a_saving_that_may_be_less_than_half_is_explained():
    wide = told(least_ms=30.0, most_ms=90.0).fix.text
    assert "It saves 30 ms to 90 ms per request. The range is wide because a call takes" in wide
    assert "what the round trips themselves cost" in wide
    gaps = told(least_ms=30.0, most_ms=900.0, spared_ms=300.0).fix.text
    assert "The range is wide because the gaps between the calls differ" in gaps
    assert "range is wide" not in told(least_ms=40.0, most_ms=90.0).fix.text


def test_gaps_that_are_saved_as_well_explain_a_saving_beyond_the_time_of_the_calls():
    assert "the gaps in between are lost as well" in told(spared_ms=99.0).title
    assert "gaps" not in told(spared_ms=70.0).title


def test_what_is_guessed_is_of_low_confidence():
    assert told(told=False).confidence == told(session="7").confidence == "low"
    assert told(session="7").title.startswith("A database session sends")
    assert told(session="7").evidence[0]["session"] == "7"


def test_the_library_that_sends_the_statements_gets_its_own_fix():
    django = Sender(library="django", language="python", system="postgresql")
    one = told(django)
    assert "prefetch_related" in one.fix.snippet
    assert "selectinload" not in one.fix.snippet
    assert one.fix.snippet.endswith("where order_id = ANY(:ids)")
    rails = told(Sender(library="rails", language="ruby", system="mysql"))
    assert rails.fix.language == "ruby"
    assert (
        rails.fix.snippet.splitlines()[-1]
        == "# SQL: select name from items where order_id IN (...)"
    )


def test_the_statements_of_a_loop_are_named_and_join_to_other_files():
    other = Target(fingerprint="select 2 from b where c = ?", fingerprint_id="f2")
    one = told(also=(other,))
    assert "and 1 more statement in the same loop 40 times" in one.title
    assert other.fingerprint in one.fix.text
    assert one.keys["also"] == "f2"
