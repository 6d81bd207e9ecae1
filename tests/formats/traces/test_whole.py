"""What all chunks of a file tell together."""

from dataclasses import replace

from perfkit.formats.model import Parsed
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.span_rows import Row, span_tables
from perfkit.formats.traces.whole import Carry, combine

QUERY = {"db.system": "postgresql", "db.statement": "select 1"}


def row(span, kind="internal", start=0, line=1, **attributes):
    return Row(
        trace_id="t", span_id=span, parent_id=None, service="s", name="n", kind=kind,
        started_ns=start, duration_ns=10, error=None, line=line, facts=facts(attributes),
        attributes=b"[]",
    )  # fmt: skip


def part(*rows, **met):
    built = span_tables(rows)
    carry = (built.request_rows, built.query_rows)
    return Parsed(tables=built.tables, lines=len(rows), carry=Carry(*carry, met) if met else carry)


def kinds(parsed):
    return {note.kind: str(note) for note in parsed.notes}


def sizes(parsed):
    return {name: table.num_rows for name, table in parsed.tables.items()}


def test_a_repeated_span_takes_its_request_and_its_query_with_it():
    first = part(row("a", "server"), row("b", "client", **QUERY), row("c", "client", **QUERY))
    again = part(row("b", "client", **QUERY), row("a", "server"), row("d", "server"))
    found = combine([first, again])
    assert sizes(found) == {"requests": 2, "queries": 2, "spans": 4}
    assert found.tables["queries"]["span_id"].to_pylist() == ["b", "c"]
    assert kinds(found)["duplicate_spans"].startswith("2 spans")


def test_halves_of_one_call_are_no_repeats():
    found = combine([part(row("a", "client"), row("a", "server"), row("a", "server", start=5))])
    assert sizes(found)["spans"] == 3
    assert "duplicate_spans" not in kinds(found)


def test_repeats_are_found_when_rows_were_left_out_before():
    """Numbers of rows say nothing then: ``load(min_duration_ms=...)`` filters each chunk."""
    whole = part(row("x"), row("a", "server"), row("b", "client", **QUERY))
    spans = whole.tables["spans"].slice(1)
    filtered = replace(whole, tables={**whole.tables, "spans": spans})
    found = combine([filtered, filtered])
    assert sizes(found) == {"requests": 1, "queries": 1, "spans": 2}


def test_what_chunks_counted_is_said_once_with_the_sum():
    parts = [part(row("a"), dropped_data=1200), part(row("b")), part(row("c"), dropped_data=34)]
    found = kinds(combine(parts))
    assert "from 1,234 spans" in found["dropped_data"]
    assert "broken_spans" not in found


def test_lines_whose_spans_are_all_repeats_are_irrelevant():
    found = combine([part(row("a"), row("b", line=2)), part(row("b", line=3), row("c", line=4))])
    assert (found.lines, found.irrelevant, found.used) == (4, 1, 3)


def test_no_parts_and_no_spans_are_nothing():
    assert sizes(combine([])) == {}
    assert sizes(combine([part()])) == {}
