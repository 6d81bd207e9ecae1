"""What recordings tell together: ``a + b`` is what one load of both their inputs is."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import perfkit
from perfkit import tables
from perfkit.recording import Recording
from perfkit.span_joining import first_of_each, without

BEGIN = 1_795_000_000_000_000_000
MS = 1_000_000


def span(trace, own, parent, start, length):
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{own:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"step {own}",
        "kind": 2 if parent is None else 1,
        "startTimeUnixNano": BEGIN + start * MS,
        "endTimeUnixNano": BEGIN + (start + length) * MS,
    }


@st.composite
def traces(draw, first, last):
    found = []
    for trace in sorted(draw(st.sets(st.integers(first, last), min_size=1))):
        found.append(span(trace, 1, None, 0, 90))
        for own in range(2, draw(st.integers(2, 7))):
            above = draw(st.integers(1, own - 1))
            found.append(span(trace, own, above, *draw(st.tuples(*[st.integers(0, 60)] * 2))))
    return found


def write(path, spans):
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    return path


def notes(rec):
    return {(note.kind, note.message) for note in rec.quality}


def rows(rec, name="spans"):
    return rec.arrow(name).to_pylist()


def per_span(rec):
    return sorted(str((r["trace_id"], r["span_id"], r["self_ms"])) for r in rows(rec))


BOUNDED = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@BOUNDED
@given(spans=traces(1, 4), data=st.data())
def test_adding_is_what_one_load_of_both_is(tmp_path, spans, data):
    sides = data.draw(st.lists(st.integers(1, 3), min_size=len(spans), max_size=len(spans)))
    sides[0] |= 1
    sides[-1] |= 2
    paths = [
        write(
            tmp_path / f"{bit}.json",
            [s for s, side in zip(spans, sides, strict=True) if side & bit],
        )
        for bit in (1, 2)
    ]
    one, other = map(perfkit.load, paths)
    together = perfkit.load(*paths)
    assert rows(one + other) == rows(together)
    assert rows(one + other, "requests") == rows(together, "requests")
    assert notes(one + other) == notes(together)
    assert per_span(one + other) == per_span(perfkit.load(write(tmp_path / "all.json", spans)))


@BOUNDED
@given(ours=traces(1, 3), theirs=traces(4, 6))
def test_a_recording_of_other_traces_changes_no_trace(tmp_path, ours, theirs):
    one, other = (perfkit.load(write(tmp_path / "x.json", spans)) for spans in (ours, theirs))
    assert per_span(one + other) == per_span(other + one) == sorted(per_span(one) + per_span(other))


def test_self_time_stays_where_children_were_left_out_before(tmp_path):
    spans = [span(1, 1, None, 0, 90), span(1, 2, 1, 10, 60)]
    begin = datetime.fromtimestamp(BEGIN / 1e9, UTC)
    long = perfkit.load(write(tmp_path / "a.json", spans))
    long = long.between(begin, begin + timedelta(milliseconds=5))
    other = perfkit.load(write(tmp_path / "b.json", [span(2, 1, None, 0, 5)]))
    assert per_span(long + other)[0] == per_span(long)[0] == str((f"{1:032x}", f"{1:016x}", 30.0))


def test_a_parent_in_the_other_recording_is_not_missing_any_more(tmp_path):
    child = perfkit.load(write(tmp_path / "a.json", [span(1, 2, 1, 0, 5)]))
    root = perfkit.load(write(tmp_path / "b.json", [span(1, 1, None, 0, 9)]))
    assert {kind for kind, _ in notes(child)} == {"missing_parents", "rootless_traces"}
    assert notes(child + root) == set()


def test_a_recording_twice_counts_its_spans_once(tmp_path):
    rec = perfkit.load(write(tmp_path / "a.json", [span(1, 1, None, 0, 9), span(1, 2, 1, 0, 5)]))
    assert per_span(rec + rec) == per_span(rec)
    assert (rec + rec).arrow("requests").num_rows == 1


def test_a_statement_that_one_recording_cut_off_meets_the_whole_one_of_the_other():
    text = "select a, b, c from orders where id = 7"
    whole = Recording.from_frames(queries=tables.from_columns("queries", {"statement": [text]}))
    columns = {"statement": [text[:34]], "attributes": [b'{"truncated":true}']}
    cut = Recording.from_frames(queries=tables.from_columns("queries", columns))
    assert len(set((whole + cut).arrow("queries")["fingerprint_id"].to_pylist())) == 1


def test_repeats_are_found_among_several_columns():
    keys = pa.table({"trace_id": ["t"] * 3, "span_id": ["a"] * 3, "started_at": [0, 0, 1]})
    assert first_of_each(keys).tolist() == [True, False, True]
    assert first_of_each(pa.concat_tables([keys, keys])).sum() == 2


@given(st.data())
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_rows_are_left_out_wherever_they_are(count, data):
    rows = data.draw(st.sets(st.integers(0, count - 1), max_size=8)) if count else set()
    numbers = np.arange(count)
    table = pa.table({"n": pa.chunked_array([numbers[:7], numbers[7:]])})
    found = without(table, np.array(sorted(rows), np.int64))
    assert found["n"].to_pylist() == [n for n in range(count) if n not in rows]
