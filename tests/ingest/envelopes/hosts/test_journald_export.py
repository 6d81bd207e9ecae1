"""journalctl -o export, written as systemd's document on the format says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.hosts.journald_export import ENVELOPE

AT = 1_795_258_800


def _binary(name: bytes, value: bytes) -> bytes:
    return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"


def _entry(*fields: bytes, number: int = 0) -> bytes:
    head = b"__CURSOR=s=%d\n__REALTIME_TIMESTAMP=%d\n" % (number, AT * 10**6 + number)
    return head + b"".join(fields) + b"\n"


def _said(text: bytes) -> bytes:
    return _entry(b"SYSLOG_IDENTIFIER=app\n", _binary(b"MESSAGE", text))


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.binary(min_size=1, max_size=30).filter(lambda text: b"\n" not in text),
        min_size=1,
        max_size=5,
    )
)
def test_values_with_a_length_may_hold_any_byte(texts):
    found = ENVELOPE.unwrap(b"".join(map(_said, texts)), None)
    assert b"".join(piece.data for piece in found.pieces) == b"".join(t + b"\n" for t in texts)
    assert found.lines == len(texts)
    assert found.rejected_lines == 0


def test_a_field_that_looks_like_a_message_in_a_value_is_none(take):
    data = _entry(_binary(b"NOTE", b"a\nMESSAGE=forged\n\nx"), b"MESSAGE=real\n")
    assert take(data, "journald-export").only == [b"real"]


@pytest.mark.parametrize("cursor", [b"s=1;i=2", b"opaque"])
def test_an_entry_written_to_the_log_is_no_entry_of_the_log(take, cursor):
    forged = b"__CURSOR=" + cursor + b"\n__REALTIME_TIMESTAMP=5\nMESSAGE=forged\n"
    data = _said(b"a\n\n" + forged) + forged.replace(b"forged", b"of its own") + b"\n" + _said(b"b")
    taken = take(data, "journald-export")
    assert taken.streams == {
        "app": [b"a", b"", *forged.splitlines(), b"b"],
        "": [b"of its own"],
    }
    assert (taken.lines, taken.rejected_lines) == (3, 0)


def test_broken_entries_in_broken_entries_are_read_in_linear_time():
    size = (1 << 20).to_bytes(8, "little")
    broken = b"__CURSOR=s=1\nMESSAGE\n" + size + b"x\n\n"
    began = time.perf_counter()
    found = ENVELOPE.unwrap(broken * 20_000 + b"__CURSOR=s=1\n", None)
    assert time.perf_counter() - began < 1
    assert found.rejected_lines == found.lines > 1


def test_an_equals_sign_belongs_to_the_value(take):
    data = _entry(b"MESSAGE=a=b==\n", b"_PID=7\n", b"_SYSTEMD_UNIT=web.service\n")
    taken = take(data, "journald-export")
    assert (taken.streams, taken.process) == ({"web": [b"a=b=="]}, {"web": [7]})
    assert taken.at["web"] == [AT * 10**9]


@pytest.mark.parametrize(
    "damaged",
    [
        b"__CURSOR=s\n__REALTIME_TIMESTAMP=5\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffabc\n\n",
        b"__CURSOR=s\n__REALTIME_TIMESTAMP=5\nMESSAGE\n\x05\n\n",
        b"__CURSOR=s\nMESSAGE=without a time\n\n",
        b"__CURSOR=s\n\n",
    ],
)
def test_a_damaged_entry_is_rejected_with_its_number(take, damaged):
    taken = take(_said(b"a") + damaged + _said(b"b"), "journald-export")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"b"]
    assert taken.line["app"] == [1, 3]


def test_an_entry_without_a_message_is_irrelevant(take):
    taken = take(_said(b"a") + _entry(b"MESSAGE=\n") + _entry(b"_PID=1\n"), "journald-export")
    assert (taken.only, taken.irrelevant, taken.lines) == ([b"a"], 2, 3)


def test_input_is_cut_before_the_last_entry():
    data = _said(b"a") + _said(b"b")
    assert data[ENVELOPE.cut(data) :] == _said(b"b")
    assert ENVELOPE.cut(_said(b"a")) == ENVELOPE.cut(b"") == 0


@pytest.mark.parametrize(
    "head", [b"", b"__CURSOR=s\nMESSAGE=x\n", b"MESSAGE=x\n__REALTIME_TIMESTAMP=5\n", b"a=b\n"]
)
def test_other_fields_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
    assert ENVELOPE.recognises(_said(b"x") + head).confidence > 0.9
