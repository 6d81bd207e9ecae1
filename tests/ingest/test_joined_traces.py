"""Traces over several files: each span once, trees as a whole, and what is said of them."""

import gzip
import json
import random

import pyarrow as pa
import pytest

import perfkit

BEGIN = 1_795_000_000_000_000_000  # November 2026


def span(trace, own, parent, start, end, kind=1, **more):
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{own:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"step {own}",
        "kind": kind,
        "startTimeUnixNano": str(BEGIN + start * 1_000_000),
        "endTimeUnixNano": str(BEGIN + end * 1_000_000),
        **more,
    }


def write(path, spans, service="shop"):
    described = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    lines = (
        json.dumps({"resourceSpans": [{"resource": described, "scopeSpans": [{"spans": [one]}]}]})
        for one in spans
    )
    path.write_text("\n".join(lines) + "\n")
    return path


def forest(seed, traces=6):
    chance = random.Random(seed)
    spans = []
    for trace in range(1, traces + 1):
        spans.append(span(trace, 1, 0, 0, 500, kind=2))
        for own in range(2, chance.randrange(3, 15)):
            start = chance.randrange(500)
            end = start + chance.randrange(200)
            spans.append(span(trace, own, chance.randrange(1, own), start, end))
    chance.shuffle(spans)
    return spans


def per_span(rec):
    columns = ["trace_id", "span_id", "parent_id", "duration_ms", "self_ms"]
    return sorted(map(str, rec.arrow("spans", columns).to_pylist()))


def kinds(rec):
    return {note.kind: str(note) for note in rec.quality}


@pytest.mark.parametrize("seed", range(5))
def test_a_trace_in_several_files_is_one_trace(tmp_path, seed):
    spans = forest(seed)
    whole = perfkit.load(write(tmp_path / "whole.json", spans))
    parts = [write(tmp_path / f"{n}.json", spans[n::3]) for n in range(3)]
    split = perfkit.load(*parts)
    assert per_span(split) == per_span(whole)
    assert kinds(split) == kinds(whole) == {}


@pytest.mark.parametrize("seed", range(3))
def test_what_another_file_holds_changes_no_trace(tmp_path, seed):
    one, other = forest(seed), forest(seed + 100)
    for item in other:
        item["traceId"] = "f" + item["traceId"][1:]
    alone = [
        perfkit.load(write(tmp_path / f"{n}.json", spans)) for n, spans in enumerate((one, other))
    ]
    both = perfkit.load(tmp_path / "0.json", tmp_path / "1.json")
    assert per_span(both) == sorted(per_span(alone[0]) + per_span(alone[1]))


def test_spans_in_two_files_count_once_with_their_requests(tmp_path):
    spans = forest(1)
    write(tmp_path / "a.json", spans)
    write(tmp_path / "b.json", spans[::2])
    rec, alone = perfkit.load(tmp_path), perfkit.load(tmp_path / "a.json")
    assert per_span(rec) == per_span(alone)
    assert rec.arrow("requests").num_rows == alone.arrow("requests").num_rows == 6
    assert kinds(rec)["duplicate_spans"].startswith(f"{len(spans[::2])} spans are in more")


def test_parents_in_no_file_are_missing_and_counted_once(tmp_path):
    write(tmp_path / "a.json", [span(1, 2, 1, 0, 5), span(2, 2, 1, 0, 5)])
    write(tmp_path / "b.json", [span(1, 1, 0, 0, 9), span(3, 1, 0, 9, 5)])
    said = kinds(perfkit.load(tmp_path))
    assert said["missing_parents"].startswith("1 of 4 spans")
    assert said["rootless_traces"].startswith("1 of 3 traces")
    assert said["unknown_durations"].startswith("1 of 4 spans")


def test_clocks_of_services_in_different_files_are_compared(tmp_path):
    write(tmp_path / "a.json", [span(1, 1, 0, 100, 200, kind=3)], "front")
    write(tmp_path / "b.json", [span(1, 2, 1, 50, 120, kind=2)], "back")
    assert kinds(perfkit.load(tmp_path))["clock_skew"].startswith("1 of 2 spans")


def test_spans_of_a_table_of_ones_own_are_looked_at_as_trees(tmp_path):
    table = tmp_path / "spans.csv"
    table.write_text(
        "trace_id,span_id,parent_id,started_at,duration_ms\n"
        "t,a,,2026-01-01T00:00:00Z,9\nt,b,a,2026-01-01T00:00:00Z,4\nt,c,x,2026-01-01T00:00:00Z,1\n"
    )
    rec = perfkit.load(table, table="spans")
    assert rec.arrow("spans")["self_ms"].to_pylist() == [5, 4, 1]
    assert "missing_parents" in kinds(rec)


def test_a_compressed_file_and_a_worker_pool_give_the_same(tmp_path):
    plain = write(tmp_path / "a.json", forest(2))
    packed = tmp_path / "b.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    frames = tmp_path / "c.zst"
    frames.write_bytes(pa.compress(plain.read_bytes(), codec="zstd", asbytes=True))
    wanted = per_span(perfkit.load(plain))
    assert per_span(perfkit.load(packed)) == wanted
    assert per_span(perfkit.load(frames)) == wanted
