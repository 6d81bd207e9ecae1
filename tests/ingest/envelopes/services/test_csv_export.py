"""CSV exports, against Python's own csv module."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.services.csv_export import ENVELOPE

AT = 1_795_258_800 * 10**9
TIME = "2026-11-21T11:00:00Z"
HEADER = "_time,_raw,host,source\n"
_TEXT = st.text("a,\"\n'; é", min_size=1, max_size=12).filter(
    lambda text: text.strip("\n") == text and text.strip()
)


def _csv(*rows: list[str], header: str = HEADER) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return (header + out.getvalue()).encode()


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(_TEXT, st.booleans()), min_size=1, max_size=8))
def test_messages_are_those_that_the_csv_module_wrote(rows):
    made = [[TIME, text, "h", "s"] if good else [TIME, text] for text, good in rows]
    found = ENVELOPE.unwrap(_csv(*made), None)
    wanted = [
        (n, line) for n, (text, good) in enumerate(rows, 2) if good for line in text.split("\n")
    ]
    got = [
        (number, line.decode())
        for piece in found.pieces
        for number, line in zip(piece.line.tolist(), piece.data.split(b"\n"), strict=False)
    ]
    assert got == wanted
    assert [bad.line for bad in found.rejected] == [
        n for n, (_, good) in enumerate(rows, 2) if not good
    ]
    assert found.lines == len(rows) + 1


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(_TEXT, min_size=1, max_size=6), kept=st.integers(0, 200))
def test_the_cut_is_behind_a_whole_record(texts, kept):
    data = _csv(*[[TIME, text, "h", "s"] for text in texts])[: -1 - kept or None]
    at = ENVELOPE.cut(data)
    whole = list(csv.reader(io.StringIO(data[:at].decode("utf-8", "ignore"), newline="")))
    assert all(len(row) == 4 for row in whole)
    assert b"\n" not in data[at:] or data[at:].count(b'"') > 0


@pytest.mark.parametrize(
    ("header", "row", "stream"),
    [
        ("@timestamp,@message,@logStream,@log", [TIME, "x", "s", "g"], "s/g"),
        ('"@timestamp",message,"kubernetes.pod.name"', [TIME, "x", "web-1"], "web-1"),
        ("Date,Host,Service,Content", [TIME, "h", "db", "x"], "h/db"),
        ("TimeGenerated [UTC],LogMessage,PodName", [TIME, "x", "p"], "p"),
        ("Line,Time,tsNs,id", ["x", "11:00", str(AT), "1"], ""),
        ("timestamp,textPayload,resource.labels.pod_name", [TIME, "x", "p"], "p"),
    ],
)
def test_each_service_is_known_by_its_columns(take, header, row, stream):
    taken = take(_csv(row, header=header + "\r\n"))
    assert (taken.name, taken.streams) == ("log-csv", {stream: [b"x"]})
    assert taken.at[stream] == [AT]
    assert taken.line[stream] == [2]


def test_a_record_with_an_empty_message_is_irrelevant_as_the_header_is(take):
    taken = take(_csv([TIME, "", "h", "s"], [TIME, "x", "h", "s"]))
    assert (taken.only, taken.irrelevant, taken.lines) == ([b"x"], 2, 3)


@pytest.mark.parametrize("size", [60, 1 << 20])
def test_too_few_and_too_many_columns_are_rejected_with_their_numbers(take, size):
    good = [TIME, "x", "h", "s"]
    taken = take(_csv(good, good[:2], good, [*good, "more"], good), "log-csv", size)
    assert [number for number, _ in taken.rejected] == [3, 5]
    assert taken.line["h/s"] == [2, 4, 6]


def test_a_column_that_comes_twice_does_not_hurt(take):
    header = "_time,_raw,host,_raw\n"
    assert take(_csv([TIME, "x", "h", "y"], header=header)).only == [b"x"]


def test_a_quote_that_never_ends_costs_that_record(take):
    data = _csv([TIME, "x", "h", "s"]) + b'2026-11-21T11:00:00Z,"never ended,h,s\nmore\n'
    taken = take(data, "log-csv")
    assert taken.only[0] == b"x"
    assert taken.lines >= 3


def test_columns_of_no_export_are_rejected(take):
    taken = take(b"a,b\n1,2\n", "log-csv")
    assert taken.rejected[0] == (1, "its columns are no export's")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        b"_time,_raw,host",
        b"_time;_raw;host\n",
        b"_raw,host\n",
        b'{"_time":1,"_raw":2}\n',
        b"Date,Host,Message\n",
    ],
)
def test_other_columns_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
