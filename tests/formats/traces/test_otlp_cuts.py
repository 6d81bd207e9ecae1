"""Documents of any layout, cut anywhere: the same spans as of JSON lines."""

import io
import json
import random

import pytest

from perfkit.formats.traces.otlp_cuts import closed, cut, holds, opened
from perfkit.formats.traces.otlp_json import FORMAT
from perfkit.ingest.gather import Text, gather
from perfkit.ingest.packed import Unpacked

CHOSEN = [
    "trace_id", "span_id", "parent_id", "service", "resource", "name", "started_at", "self_ms"
]  # fmt: skip


def span(number, chance):
    return {
        "traceId": f"{number // 7 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": 'a "name" with }]}]},{"traceId": in it \\',
        "startTimeUnixNano": str(number * 1000),
        "endTimeUnixNano": str(number * 1000 + 500),
        "attributes": [{"key": "resource", "value": {"stringValue": "x" * chance.randrange(90)}}],
        "links": [{"traceId": "a" * 32, "spanId": "b" * 16, "attributes": []}],
    }


def resources(seed, count=60):
    chance = random.Random(seed)
    spans = [span(number, chance) for number in range(count)]
    found = []
    while spans:
        size = chance.choice([0, 1, 3, 40])
        pair = {"key": "service.name", "value": {"stringValue": f"s{len(found)}"}}
        scopes = [{"scope": {"name": "lib"}, "spans": spans[:size]}, {"spans": []}]
        found.append({"resource": {"attributes": [pair]}, "scopeSpans": scopes})
        spans = spans[size:]
    return found


def old(found):
    return [
        {"resource": one["resource"], "instrumentationLibrarySpans": one["scopeSpans"]}
        for one in found
    ]


COMPACT = {"separators": (",", ":")}
LAYOUTS = {
    "one line": lambda found: json.dumps({"resourceSpans": found}),
    "compact": lambda found: json.dumps({"resourceSpans": found}, **COMPACT),
    "pretty": lambda found: json.dumps({"resourceSpans": found}, indent=2),
    "more keys": lambda found: json.dumps({"a": "]}", "resourceSpans": found, "z": [{"b": 1}]}),
    "tempo": lambda found: json.dumps({"trace": {"batches": found}}, **COMPACT),
    "pretty tempo": lambda found: json.dumps({"trace": {"batches": found}}, indent=1),
    "list": lambda found: json.dumps([{"resourceSpans": [one]} for one in found]),
    "pretty list": lambda found: json.dumps([{"resourceSpans": [one]} for one in found], indent=4),
    "old": lambda found: json.dumps({"resourceSpans": old(found)}, **COMPACT),
    "two lines": lambda found: "\n".join(
        json.dumps({"resourceSpans": part}) for part in (found[:2], found[2:])
    ),
}


def parsed(data, size):
    return gather(Text(Unpacked(io.BytesIO(data), "data")), FORMAT, size=size)


def rows(found):
    return sorted(map(str, found.tables["spans"].select(CHOSEN).to_pylist()))


@pytest.mark.parametrize("size", [300, 1000, 5000])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_document_in_pieces_has_the_spans_of_the_whole(layout, size):
    for seed in range(3):
        found = resources(seed)
        lines = "".join(json.dumps({"resourceSpans": [one]}) + "\n" for one in found).encode()
        wanted = rows(parsed(lines, len(lines) + 1))
        data = LAYOUTS[layout](found).encode() + b"\n" * (seed % 2)
        whole, cut_up = parsed(data, len(data) + 1), parsed(data, size)
        assert rows(whole) == rows(cut_up) == wanted
        for name in ("lines", "used", "irrelevant", "rejected_lines"):
            assert getattr(whole, name) == getattr(cut_up, name), name
        assert not [note for note in cut_up.notes if note.kind == "broken_spans"]


@pytest.mark.parametrize("size", [400, 100_000])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_document_that_is_cut_off_is_read_as_far_as_it_goes(layout, size):
    data = LAYOUTS[layout](resources(1)).encode()
    for share in (0.3, 0.6, 0.95):
        part = data[: int(len(data) * share)]
        found = parsed(part, size)
        whole = len(parsed(data, len(data) + 1).tables["spans"])
        assert abs(len(found.tables["spans"]) - share * whole) < 6
        assert "truncated" in {note.kind for note in found.notes}
        assert found.used + found.irrelevant + found.rejected_lines == found.lines


def test_pieces_stay_small_though_one_resource_has_all_spans():
    chance = random.Random(1)
    scope = {"spans": [span(number, chance) for number in range(3000)]}
    data = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [scope]}]}).encode()
    at, sizes = 0, []
    while at < len(data):
        size = cut(data[at : at + 100_000]) if len(data) - at > 100_000 else len(data) - at
        assert size > 0
        sizes.append(size)
        at += size
    assert len(sizes) >= len(data) // 100_000


def test_what_a_piece_is_within_is_put_around_it():
    head = b'{"trace":{"batches":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":['
    first = head + b'{"traceId":"1","spanId":"2","name":"a"}'
    within = holds(first, None)
    assert within == b'{"attributes":[]}'
    rest = b',{"traceId":"1","spanId":"3","name":"b"}]}]}]}}'
    assert [span["spanId"] for span in spans_in(closed(first, head, within))] == ["2"]
    assert [span["spanId"] for span in spans_in(opened(rest, head, within))] == ["3"]


def spans_in(data):
    (resource,) = json.loads(data)["trace"]["batches"]
    assert resource["resource"] == {"attributes": []}
    return resource["scopeSpans"][0]["spans"]


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 5000, b'{"resourceSpans":[', b"x" * 5000])
def test_what_has_no_elements_is_cut_nowhere(data):
    assert cut(data) == 0
