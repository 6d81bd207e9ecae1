"""Where a log begins whose first line may be the rest of the log before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_begins import first_message, first_object, first_row

LINE = b"2026-11-21 02:00:00.000 UTC [7] u@d/app LOG:  duration: 1.000 ms  statement: select 1\n"
DETAIL = b"2026-11-21 02:00:00.000 UTC [7] u@d/app DETAIL:  Parameters: $1 = 'LOG: x'\n"
ROW = b'2026-11-21 02:00:00.000 UTC,"u","d",7,"[local]",6b01.2e,1,"SELECT","x\n""y"""\n'
WORKER = b"2026-11-21 02:00:00.000 UTC,,,7,,6b01.2e,1,,x\n"


@pytest.mark.parametrize("find", [first_message, first_row, first_object])
@pytest.mark.parametrize("head", [b"", b"\n", b"prose\n\tmore prose\n", b"\0\xff"])
def test_what_holds_no_record_begins_at_once(find, head):
    assert find(head) == 0


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_log_that_was_not_cut_begins_at_once(count):
    assert first_message(LINE * count) == 0
    assert first_row(ROW * count) == first_row(WORKER * count) == 0
    assert first_object(b'{"a": {"b": 1}}\n' * count) == 0
    assert first_object(b'{"a": "no end') == 0


@pytest.mark.parametrize(
    "before", [b"\n", b"\tfrom t\n", b"lect 1\n", DETAIL, b"\tx\n" + DETAIL + b"\n", LINE[3:]]
)
def test_a_text_log_begins_with_its_first_whole_message(before):
    assert first_message(before + LINE * 2) == len(before)


def test_a_message_of_another_shape_may_come_first_when_others_are_like_it():
    other = b"LOG:  x\n"
    assert first_message(other + LINE + other + LINE) == 0


@pytest.mark.parametrize("row", [ROW, WORKER])
@given(place=st.integers(1, 35))
def test_a_csvlog_begins_with_its_first_whole_row(row, place):
    rest = row[place:]
    assert first_row(rest + row * 2) == len(rest)


@given(st.integers(1, 200))
def test_a_jsonlog_begins_with_its_first_whole_object(place):
    one = b'{"logger":"postgres","record":{"log_time":"x","message":"{[\\"a\\"]}"}}\n'
    rest = one[place:]
    assert first_object(rest + one * 2) == len(rest)


def test_a_rest_that_is_nested_too_deeply_is_no_object():
    head = b'{"a":' * 20_000 + b"\n"
    assert first_object(head + b'{"a": 1}\n') == len(head)
