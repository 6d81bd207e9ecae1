"""journald: entries that a real journal has, and fields as its documents name them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"


def _read(name):
    return gzip.decompress((DATA / name).read_bytes())


@pytest.mark.parametrize("name", ["journald_json", "journald_export"])
@pytest.mark.parametrize("size", [1 << 24, 3000])
def test_a_line_longer_than_journald_takes_is_whole_again(take, name, size):
    taken = take(_read(f"{name}.log.gz"), size=size)
    assert taken.streams["webapp"] == [
        b"first line of the service",
        b"L" * 50_000 + b" end of the long line",
        b'{"event":"request","path":"/orders","duration_ms":12.5}',
    ]


@pytest.mark.parametrize("name", ["journald_json", "journald_export"])
def test_messages_of_several_lines_and_of_bytes_are_read(take, name):
    taken = take(_read(f"{name}.log.gz"))
    native = taken.streams["native"]
    at = native.index(b"line one")
    assert native[at : at + 3] == [b"line one", b"line two", b"\tline three"]
    assert len(set(taken.line["native"][at : at + 3])) == 1
    assert b"bytes \xff\xfe and \x01 control" in native


def test_json_and_export_hold_the_same(take):
    found = [take(_read(f"journald_{kind}.log.gz")) for kind in ("json", "export")]
    assert found[0].streams == found[1].streams
    assert found[0].at == found[1].at


def test_a_message_left_out_is_rejected_with_what_to_do(take):
    taken = take(_read("journald_json_without_all.log.gz"))
    assert taken.rejected_lines == 1
    assert "--all" in taken.rejected[0][1]


def test_fields_with_several_values_do_not_hurt(take):
    entry = {"__REALTIME_TIMESTAMP": "1700000000000000", "MESSAGE": ["a", "b"], "_PID": ["7", "8"]}
    taken = take(json.dumps(entry).encode() + b"\n")
    assert taken.only == [b"a", b"b"]
    assert taken.process[""] == [7, 7]
    assert taken.at[""] == [1_700_000_000 * 10**9] * 2


@pytest.mark.parametrize("form", ["json", "export"])
@pytest.mark.parametrize(
    ("microseconds", "at"),
    [
        (9_223_372_036_854_774, 9_223_372_036_854_774_000),
        (9_223_372_036_854_775, None),
        (9_999_999_999_999_999, None),
        (99_999_999_999_999_999_999, None),
    ],
)
def test_a_time_after_2262_is_unknown_and_its_message_read(take, form, microseconds, at):
    fields = {"__REALTIME_TIMESTAMP": str(microseconds), "SYSLOG_IDENTIFIER": "app"}
    fields["MESSAGE"] = "said"
    data = json.dumps(fields) + "\n"
    if form == "export":
        data = "".join(f"{name}={value}\n" for name, value in fields.items()) + "\n"
    taken = take(data.encode(), f"journald-{form}")
    assert (taken.only, taken.at["app"]) == ([b"said"], [at])
