"""What lists of attributes say, read one by one, in bulk and again."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces import otlp_attributes
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.conventions.facts import facts_of
from perfkit.formats.traces.otlp_attributes import Lists, attributes

NAMES = st.sampled_from(["http.method", "http.route", "db.statement", "thread.id", "db.system", ""])
VALUES = st.one_of(
    st.none(),
    st.just({}),
    st.text(max_size=6).map(lambda text: {"stringValue": text}),
    st.integers().map(lambda number: {"intValue": str(number)}),
    st.integers(-9, 9).map(lambda number: {"intValue": number}),
    st.booleans().map(lambda flag: {"boolValue": flag}),
    st.sampled_from([0.5, "NaN"]).map(lambda number: {"doubleValue": number}),
    st.just({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}]}}),
    st.just({"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}),
    st.just({"stringValue": 5}),  # of a wrong type
)
PAIRS = st.lists(st.fixed_dictionaries({"key": NAMES, "value": VALUES}), max_size=4)
LISTS = st.one_of(
    PAIRS.map(lambda pairs: json.dumps(pairs).encode()),
    PAIRS.map(lambda pairs: json.dumps(pairs, separators=(",", ":")).encode()),
    st.sampled_from([b"", b"[]", b"{}", b"[", b'"x"', b"[5]", b"\xff", b'["\\ud800"]', b"[],[]"]),
)


@given(st.lists(st.lists(LISTS, max_size=6), max_size=3))
def test_a_list_says_the_same_alone_in_bulk_and_in_a_later_chunk(chunks):
    lists = Lists()
    for chunk in chunks:
        said, which = lists.read(pa.array(chunk, pa.binary()))
        assert [said[place] for place in which] == [facts(attributes(raw)) for raw in chunk]
        assert len(said) <= len(set(chunk))


def test_what_repeats_is_read_once_and_what_is_full_is_forgotten(monkeypatch):
    monkeypatch.setattr(otlp_attributes, "REMEMBERED_BYTES", 200)
    read = []
    monkeypatch.setattr(
        otlp_attributes, "facts_of", lambda slots: read.append(1) or facts_of(slots)
    )
    lists = Lists()
    one, other = (
        json.dumps([{"key": "http.route", "value": {"stringValue": text}}]).encode()
        for text in ("/a", "/b" + "x" * 200)
    )
    for _ in range(3):
        lists.read(pa.array([one, one], pa.binary()))
    assert len(read) == 1
    lists.read(pa.array([other, other], pa.binary()))  # more than there is room for
    lists.read(pa.array([one], pa.binary()))
    assert len(read) == 3


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'[{"key":"a","value":{"kvlistValue":' * 5000])
def test_deep_nesting_has_no_attributes(raw):
    assert attributes(raw) == {}


def test_halves_of_characters_cost_themselves_alone():
    raw = rb'[{"key":"a","value":{"stringValue":"x\ud83d"}},{"key":"b","value":{"intValue":"5"}}]'
    assert attributes(raw) == {"a": "x\ufffd", "b": 5}
