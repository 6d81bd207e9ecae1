"""Documents one behind the other lose no span, wherever the file is divided or cut off."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import perfkit
from perfkit.formats.traces.otlp_glued import documents
from perfkit.formats.traces.otlp_json import FORMAT
from perfkit.ingest.gather import Text, gather
from perfkit.ingest.packed import Unpacked

BEGIN = 1_795_000_000_000_000_000
NASTY = '}{"resourceSpans":[ ]}\n[{"a":1} ]] [[ \\"}],[{\\" '


def span(number):
    return {
        "traceId": f"{number // 3 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": NASTY,
        "kind": 2,
        "startTimeUnixNano": str(BEGIN + number * 1000),
        "endTimeUnixNano": str(BEGIN + number * 1000 + 500),
    }


def export(*numbers):
    return {
        "resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(map(span, numbers))}]}]
    }


def result(*numbers):
    return {"result": export(*numbers)}


def listed(*numbers):
    return [export(number) for number in numbers]


STYLES = {
    "glued": (None, ""),
    "printed": (1, "\n"),
    "printed, glued": (2, ""),
    "printed, blank lines": (1, "\n\n"),
    "printed, with commas": (1, ",\n"),
}


def written(shape, style, size=3, count=40):
    indent, between = STYLES[style]
    parts = [shape(*range(at, min(at + size, count))) for at in range(0, count, size)]
    return between.join(json.dumps(part, indent=indent) for part in parts).encode()


def read(data, size=1 << 30):
    return gather(Text(Unpacked(io.BytesIO(data), "data")), FORMAT, size=size)


def numbers(found):
    return sorted(int(one, 16) - 1 for one in found.tables["spans"]["span_id"].to_pylist())


@pytest.mark.parametrize("shape", [export, listed, result])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [600, 3_000, 1 << 30])
def test_every_span_of_every_document_is_read(accounts, shape, style, size):
    found = read(written(shape, style), size)
    assert numbers(found) == list(range(40))
    assert (found.rejected_lines, found.notes) == (0, ())
    accounts(found, found.lines)


@pytest.mark.parametrize("shape", [export, result])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.77, 0.93])
def test_documents_that_end_too_soon_are_read_as_far_as_they_go(shape, style, share):
    data = written(shape, style)
    found = read(data[: int(len(data) * share)])
    assert abs(found.tables["spans"].num_rows - share * 40) < 3
    assert found.rejected_lines or "truncated" in {note.kind for note in found.notes}


def test_a_broken_document_costs_itself_alone():
    first, broken, last = (json.dumps(export(n), indent=1) for n in range(3))
    found = read("\n".join((first, broken[:200], last)).encode())
    assert numbers(found) == [0, 2]
    assert (found.lines, found.used, found.rejected_lines) == (3, 2, 1)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_answers_without_spans_are_rejected_among_the_others(at):
    answers = [json.dumps(export(n), indent=1) for n in range(2)]
    answers.insert(at, '{\n "code": 5, "message": "trace not found"\n}')
    found = read("\n".join(answers).encode())
    assert numbers(found) == [0, 1]
    assert found.rejected_lines == 1


@pytest.mark.parametrize("kept", [60, 200, 260])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_last_document_cut_within_its_first_span_is_rejected(kept, indent):
    whole = "\n".join(json.dumps(export(n), indent=indent) for n in range(2))
    found = read(f"{whole}\n{json.dumps(export(2), indent=indent)[:kept]}".encode())
    assert numbers(found) == [0, 1]
    assert (found.lines, found.used, found.rejected_lines) == (3, 2, 1)


def test_a_last_line_is_read_up_to_its_last_whole_span():
    whole, cut = json.dumps(export(0)), json.dumps(export(1, 2))
    found = read(f"{whole}\n{cut[:-120]}".encode())
    assert numbers(found) == [0, 1]
    assert [note.kind for note in found.notes] == ["truncated"]


@pytest.mark.parametrize("shape", [export, result, listed])
def test_a_file_of_answers_is_recognised_and_read(tmp_path, shape):
    path = tmp_path / "answers.json"
    path.write_bytes(written(shape, "printed"))
    assert perfkit.load(path).arrow("spans").num_rows == 40


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.just(NASTY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), values), max_size=5),
    st.sampled_from(["", "\n", ", "]),
)
def test_documents_are_those_that_were_written(given, between):
    data = between.join(map(json.dumps, given)).encode()
    assert [json.loads(one) for one in documents(data)] == given


pieces = st.sampled_from(["{", "}", "[", "]", '"', ",", " ", '{"resourceSpans":[', "1", "]}"])


@given(st.binary(max_size=200) | st.lists(pieces).map(lambda found: "".join(found).encode()))
def test_of_any_bytes_only_what_is_between_documents_is_left_out(data):
    rest = data
    for one in documents(data):
        gap, rest = rest[: rest.index(one)], rest[rest.index(one) + len(one) :]
        assert not gap.strip(b" \t\r\n\v\f,\0]")
    assert not rest.strip(b" \t\r\n\v\f,\0]")


@pytest.mark.timeout(20)
def test_broken_documents_within_each_other_take_no_time():
    opened = b'{"resourceSpans":[' + b'{"a":"%b"},' % (b"x" * 5_000)
    assert len(list(documents(opened * 2_000))) > 1
