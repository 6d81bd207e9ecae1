"""Every shape of the exports of New Relic and Honeycomb: recognised, cut, packed, damaged."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.formats.model import HEAD_BYTES, Chunk
from perfkit.formats.registry import named

FORMATS = ("newrelic-spans", "newrelic-transactions", "newrelic-trace-api", "honeycomb-events")
DAMAGE = [
    *(bytes([byte]) for byte in b"\0\"{}[],\n\xff;'"),
    *(b"", b"NaN", b"1e999", b"-1", b"9" * 40, b"null", b"[[[[", b'"\\ud800"', b"true"),
]
every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
def test_each_shape_is_recognised_and_only_by_its_format(name, shapes, claims):
    for data in shapes[name]:
        found = claims(data)
        sure = found.pop(name)
        assert sure > 0.9
        assert all(sure - other >= 0.05 for other in found.values()), found
        assert found.keys() <= {"structlog-json"}, found


@every_format
def test_a_head_that_ends_anywhere_is_no_other_format(name, shapes, claims):
    for data in shapes[name]:
        for end in range(len(data) // 3, len(data), 331):
            found = claims(data[:end])
            best = max(found, key=found.get, default=name)
            assert best in {name, "structlog-json"}, (best, data[:end])


@every_format
def test_all_shapes_say_the_same(name, shapes, parsed, contents):
    def core(data):
        found = contents(parsed(named(name), data))
        for rows in found.values():
            for row in rows:
                row.pop("attributes")
                row.pop("resource", None)
        return json.dumps(found, default=str, sort_keys=True)

    if name == "newrelic-trace-api":
        first, printed, _, lines = map(core, shapes[name])
        assert first == printed == lines
        return
    assert len({core(data) for data in shapes[name]}) == (2 if name.startswith("honey") else 1)


@every_format
@pytest.mark.parametrize("size", [300, 700, 1500])
def test_chunks_make_no_difference(name, size, shapes, parsed):
    for data in shapes[name]:
        whole, cut = parsed(named(name), data), parsed(named(name), data, size=size)
        assert {n: t.to_pylist() for n, t in cut.tables.items()} == {
            name: table.to_pylist() for name, table in whole.tables.items()
        }
        assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)
        assert [note.kind for note in cut.notes] == [note.kind for note in whole.notes]


@every_format
def test_every_record_is_accounted_for(name, shapes, parsed, accounts):
    for data in shapes[name]:
        result = parsed(named(name), data)
        accounts(result, result.lines)
        assert result.rejected_lines == 0
        if data.lstrip()[:1] not in {b"[", b"{"}:
            assert result.lines == data.count(b"\n")


@every_format
@pytest.mark.parametrize("kind", ["json", "csv", "gz", "zst"])
def test_files_are_taken_for_no_logs(name, kind, shapes, packed):
    for data in shapes[name]:
        rec = perfkit.load(packed(data, "export", kind))
        assert rec.sources["format"].tolist() == [name]
        assert len(rec.requests) >= 1


@every_format
def test_a_cut_off_file_keeps_what_is_whole(name, shapes, parsed, accounts):
    for data in shapes[name]:
        full = parsed(named(name), data)
        result = parsed(named(name), data[: len(data) * 2 // 3])
        accounts(result, result.lines)
        table = "spans" if "spans" in full.tables else "requests"
        kept = result.tables[table].to_pylist() if table in result.tables else []
        assert [row["line"] for row in kept] == full.tables[table]["line"].to_pylist()[: len(kept)]
        if data.lstrip()[:1] == b"[" and b"\n[" not in data:
            assert "truncated" in {note.kind for note in result.notes}


@every_format
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_bytes_never_raise(name, data, shapes, accounts):
    item = named(name)
    raw = bytearray(data.draw(st.sampled_from(shapes[name])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        with_what = data.draw(st.sampled_from(DAMAGE))
        raw[at : at + data.draw(st.integers(0, 20))] = with_what
    text = bytes(raw)
    assert 0 <= item.recognises(text[:HEAD_BYTES]).confidence <= 1
    assert 0 <= item.cut(text) <= len(text)
    result = item.combine([item.parse(Chunk.whole(text))])
    accounts(result, result.lines)


@every_format
@pytest.mark.parametrize(
    "value", ['"\\ud800"', "NaN", "-5", "1e400", "[[1]]", '{"a": {"b": 1}}', "true", "null", '""']
)
def test_values_of_any_type_cost_at_most_their_row(name, value, shapes, parsed, accounts):
    for key in ("duration", "duration.ms", "duration_ms", "timestamp", "name", "samplerate"):
        data = shapes[name][0].replace(f'"{key}": '.encode(), f'"{key}": {value}, "x": '.encode())
        result = parsed(named(name), data)
        accounts(result, result.lines)


@every_format
@pytest.mark.parametrize("hostile", [b"[" * 50_000, b'[{"trace.trace_id":' * 20_000, b'"' * 50_000])
def test_hostile_bytes_are_read_in_linear_time(name, hostile):
    item = named(name)
    assert item.recognises(hostile[:HEAD_BYTES]).confidence == 0
    item.parse(Chunk.whole(hostile))
