"""Parts of spans that were reported later: put into the span that they are of."""

import json

import pytest

from perfkit.formats.model import Parsed
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.whole import Carry
from perfkit.formats.traces.zipkin_fragments import combine

START = 1_790_000_000_000_000_000
QUERY = {"db.system": "postgresql", "db.statement": "select 1"}


def row(span="a", *, duration=10, service="shop", kind="client", line=1, said=None, **more):
    values = {
        "trace_id": "t", "span_id": span, "parent_id": None, "service": service, "name": "n",
        "kind": kind, "started_ns": START, "duration_ns": duration, "error": None, "line": line,
        "facts": facts(said or {}), "attributes": json.dumps({"tags": said or {}}).encode(),
    }  # fmt: skip
    return Row(**(values | more))


def part(*rows):
    built = span_tables(rows)
    carry = Carry(built.request_rows, built.query_rows, {"broken_spans": 0})
    return Parsed(tables=built.tables, lines=len({one.line for one in rows}), carry=carry)


def spans(*parts):
    found = combine(parts)
    return found, found.tables["spans"].to_pylist()


def told(found):
    return {note.kind: str(note) for note in found.notes}


def test_a_part_gives_its_span_what_that_lacks():
    late = row(duration=None, line=2, parent_id="p", error="boom", said={"http.url": "http://x/y"})
    found, (one,) = spans(part(row(), late))
    assert (one["duration_ms"], one["parent_id"], one["error"], one["url"]) == (
        1e-5,
        "p",
        "boom",
        "http://x/y",
    )
    assert told(found)["partial_spans"].startswith("1 spans without a duration")
    assert (found.lines, found.irrelevant, found.used) == (2, 1, 1)


def test_what_the_span_has_itself_stays():
    whole = row(parent_id="mine", error="mine", line=2)
    _, (one,) = spans(part(row(duration=None, parent_id="other", error="other"), whole))
    assert (one["parent_id"], one["error"]) == ("mine", "mine")


def test_parts_and_their_span_may_be_in_different_chunks():
    found = combine([part(row(duration=None, error="late")), part(row("b"), row(line=2))])
    rows = {one["span_id"]: one["error"] for one in found.tables["spans"].to_pylist()}
    assert rows == {"a": "late", "b": None}


@pytest.mark.parametrize(
    ("more", "taken"),
    [
        ({}, True),
        ({"service": None}, True),
        ({"service": "stock"}, False),
        ({"kind": "internal"}, True),  # it names no kind
        ({"kind": "server"}, False),
        ({"span_id": "other"}, False),
        ({"trace_id": "u"}, False),
        ({"resource": '{"ip":"1"}', "started_ns": START + 5}, False),  # else it is a repeat
    ],
)
def test_a_part_is_of_the_same_service_and_kind(more, taken):
    _, rows = spans(part(row(), row(duration=None, line=2)._replace(**more)))
    assert len(rows) == (1 if taken else 2)


def test_without_a_service_the_client_comes_before_the_server():
    client, server = row(kind="client"), row(kind="server", service="web", line=2)
    late = row(duration=None, service=None, kind="internal", error="x", line=3)
    for order in ((client, server, late), (late, server, client)):
        _, rows = spans(part(*order))
        assert {one["kind"]: one["error"] for one in rows} == {"client": "x", "server": None}


def test_two_halves_without_a_duration_stay_apart():
    found, rows = spans(part(row(duration=None), row(duration=None, line=2, started_ns=START + 7)))
    assert len(rows) == 2
    assert "partial_spans" not in told(found)


def test_a_part_takes_its_request_and_query_with_it():
    served = [row(kind="server"), row(kind="server", duration=None, line=2)]
    asked = [row("b", said=QUERY, line=3), row("b", said=QUERY, duration=None, line=4)]
    found, rows = spans(part(*served, *asked))
    assert len(rows) == 2
    assert found.tables["requests"].num_rows == found.tables["queries"].num_rows == 1
    assert found.tables["queries"]["duration_ms"].to_pylist() == [1e-5]


def test_rows_that_were_left_out_before_make_it_leave_all_as_it_is():
    whole = part(
        row(kind="server"), row(kind="server", duration=None, line=2, started_ns=START + 9)
    )
    tables = whole.tables | {"requests": whole.tables["requests"].slice(1)}
    found = combine([Parsed(tables=tables, lines=2, carry=whole.carry)])
    assert "partial_spans" not in told(found)
    assert found.tables["spans"].num_rows == 2


def test_spans_that_are_whole_are_left_alone():
    found, rows = spans(part(row("a"), row("b", line=2)))
    assert [one["span_id"] for one in rows] == ["a", "b"]
    assert told(found) == {}
    assert combine([]).tables == {}


def test_times_keep_their_nanoseconds():
    late = row(duration=None, line=2, error="x")
    found, _ = spans(part(row(started_ns=1_790_000_000_123_456_789), late))
    assert found.tables["spans"]["started_at"].cast("int64").to_pylist() == [
        1_790_000_000_123_456_789
    ]
