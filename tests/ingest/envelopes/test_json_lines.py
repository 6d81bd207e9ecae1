"""JSON lines, against the json module."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.json_lines import decode, decode_one, recognised

_DECODER = msgspec.json.Decoder(dict[str, int])
_GOOD = st.dictionaries(st.text(max_size=3), st.integers(0, 99), max_size=2).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode()
)
_BAD = st.sampled_from([b"{", b'{"a":', b"null", b'{"a":"x"}', b"[]", b"}{", b"x", b'{"a":1}}'])
_BLANK = st.sampled_from([b"", b"  ", b"\t"])


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.one_of(_GOOD, _BAD, _BLANK), max_size=12), ended=st.booleans())
def test_every_line_is_a_record_rejected_or_blank(lines, ended):
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    seen = data.split(b"\n")[: -1 if data.endswith(b"\n") or not data else None]
    good = [(n, line) for n, line in enumerate(seen, 1) if line[:1] == b"{" and _is_good(line)]
    found = decode(data, _DECODER)
    assert found.records == [json.loads(line) for _, line in good]
    assert found.line.tolist() == [n for n, _ in good]
    assert found.blank == sum(not line.strip() for line in seen)
    assert len(found.records) + len(found.rejected) + found.blank == found.lines == len(seen)


def _is_good(line: bytes) -> bool:
    try:
        return all(isinstance(value, int) for value in json.loads(line).values())
    except ValueError:
        return False


def test_a_broken_line_keeps_its_number_and_text():
    found = decode(b'{"a":1}\n\n{"a":\n{"b":2}', _DECODER)
    assert [(bad.line, bad.text) for bad in found.rejected] == [(3, '{"a":')]
    assert found.line.tolist() == [1, 4]


def test_bytes_that_are_no_utf_8_are_read_as_latin_1():
    assert decode_one(b'{"caf\xe9": 1}', _DECODER) == {"café": 1}
    assert decode(b'{"a":1}\n{"caf\xe9":2}\n', _DECODER).records == [{"a": 1}, {"café": 2}]


def test_nesting_without_end_is_a_broken_line():
    deep = msgspec.json.Decoder()
    assert decode_one(b"[" * 200_000, deep) is None
    found = decode(b'{"a":1}\n' + b'{"a":' * 100_000 + b"\n", deep)
    assert [bad.line for bad in found.rejected] == [2]


def _sure(head: bytes, fits=lambda record: "a" in record) -> float:
    return recognised(head, _DECODER, fits, "why").confidence


def test_lines_are_recognised_where_nearly_all_fit_and_the_last_may_be_cut_off():
    good, other, broken = b'{"a":1}\n', b'{"b":1}\n', b"x\n"
    assert _sure(good * 5) > 0.9
    assert _sure(good * 8 + broken * 2) > 0.9
    assert _sure(good * 5 + b'{"a":') > 0.9
    assert _sure(b"\n" + good) > 0.9
    assert _sure(good.rstrip()) > 0.9
    assert _sure(good * 7 + other * 3) == 0
    assert _sure(other * 5) == 0


@pytest.mark.parametrize("head", [b"", b"\n\n", b"[1]\n", b"text\n", b'"a"\n', b"{\n", b"\xff\n"])
def test_other_input_is_not_recognised(head):
    assert _sure(head, fits=lambda _: True) == 0
