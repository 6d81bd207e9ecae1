"""Lists that are read pair by pair say what they say when they are decoded as a whole."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfkit.formats.traces import attribute_pairs
from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.jaeger_memory import OF_TRACES
from perfkit.formats.traces.jaeger_tags import tags_of, told_by
from perfkit.formats.traces.otlp_attributes import Lists, attributes

NAMES = st.sampled_from(
    [
        *("http.method", "http.request.method", "url.full", "http.status_code", "http.host"),
        *("db.system", "db.statement", "thread.id", "team", "", 'a"},{"key":"http.method', "ä"),
        *("error", "span.kind", "otel.status_code", "sampler.type", "sampler.param"),
        *("db.query.parameter.x", "error.message", "exception.type"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["ERROR", "server", "probabilistic", "0.5", "200", 'x"},{"key":"', "\x00\\"]),
)
SCALARS = st.one_of(
    TEXTS.map(lambda text: {"stringValue": text}),
    st.integers().map(lambda number: {"intValue": str(number)}),
    st.sampled_from([0, 200, 1 << 70]).map(lambda number: {"intValue": number}),
    st.booleans().map(lambda flag: {"boolValue": flag}),
    st.sampled_from([0.5, 200.0, "NaN"]).map(lambda number: {"doubleValue": number}),
    st.sampled_from([None, {}, {"stringValue": 5}, {"intValue": []}, 7]),
)


def nested(values):
    pairs = st.fixed_dictionaries({"key": NAMES, "value": values})
    listed = st.lists(values, max_size=3).map(lambda found: {"arrayValue": {"values": found}})
    keyed = st.lists(pairs, max_size=3).map(lambda found: {"kvlistValue": {"values": found}})
    return st.one_of(listed, keyed)


VALUES = st.recursive(SCALARS, nested, max_leaves=6)
PLAIN = st.one_of(TEXTS, st.booleans(), st.sampled_from([0, 0.0, 1, 1.0, 1 << 70, None, [1], {}]))
SHAPES = [
    {"separators": (",", ":")},
    {},
    {"indent": 1},
    {"separators": (",", ":"), "sort_keys": True},
    {"separators": (",", ":"), "ensure_ascii": False},
]


def lists_of(value, *, more=None):
    """Return bytes of lists in all shapes, some keys or pairs of which are odd."""
    pair = st.fixed_dictionaries({"key": NAMES, "value": value}, optional=more or {})
    other = st.fixed_dictionaries({"value": value, "key": NAMES})
    odd = st.sampled_from([{}, {"key": 5}, {"key": "http.method"}, {"value": 5}, 5, []])
    pairs = st.one_of(st.lists(pair, max_size=5), st.lists(st.one_of(pair, other, odd), max_size=5))
    text = st.builds(
        lambda found, shape: json.dumps(found, **shape).encode("utf-8"),
        pairs,
        st.sampled_from(SHAPES),
    )
    return st.one_of(text, st.builds(cut, text, st.integers(0, 300), st.binary(max_size=3)))


def cut(text, place, noise):
    """Return a list with some bytes of it replaced."""
    return text[:place] + noise + text[place + len(noise) :]


OTLP = lists_of(VALUES, more={"extra": st.lists(st.fixed_dictionaries({"key": NAMES}))})
JAEGER = lists_of(PLAIN, more={"type": st.sampled_from(["string", "bool", "int64"])})
_IN_THE_MIDDLE = (
    b'[{"key":"a","value":{"kvlistValue":{"values":[{"key":"b"},{"key":"http.method","value":'
    b'{"stringValue":"GET"}},{"key":"c"}]}}},{"key":"d"}]'
)


@given(st.lists(OTLP, max_size=4))
@example([_IN_THE_MIDDLE])
@example([rb'[{"key":"http\u002emethod","value":{"stringValue":"GET"}}]'])
@example([b'[{"key":"http.method","value":{"stringValue":"A"}},{"key":"http.method"}]'])
def test_otlp_lists_say_the_same_pair_by_pair_and_again(lists):
    pairs = Lists()._pairs
    for raw in lists * 3:
        assert pairs.read(raw) == facts(attributes(raw))


@given(st.lists(JAEGER, max_size=4))
@example([b'[{"key":"error","value":%b}]' % text for text in (b"0", b"0.0", b"false", b'"0"')])
@example([b'[{"key":"error","value":%b}]' % text for text in (b"1", b"true", b"1.0", b'"x"')])
def test_jaeger_tags_say_the_same_pair_by_pair_and_again(lists):
    for raw in lists * 3:
        assert OF_TRACES._read(raw) == told_by(tags_of(raw))


def texts(key, count):
    return [b'[{"key":"%b","value":{"stringValue":"%d"}}]' % (key, n) for n in range(count)]


def test_values_that_hardly_repeat_are_not_all_remembered(monkeypatch):
    monkeypatch.setattr(attribute_pairs, "_VALUES", 10)
    pairs = Lists()._pairs
    for raw in texts(b"url.full", 100) * 2 + texts(b"request.nonce", 100):
        assert pairs.read(raw) == facts(attributes(raw))
    assert len(pairs._pairs) == 20
    assert len(pairs._said) == 11  # what says nothing is one


@pytest.mark.parametrize(("name", "size"), [("_ROOM", 500), ("_LISTS", 5)])
def test_what_is_full_is_forgotten(monkeypatch, name, size):
    monkeypatch.setattr(attribute_pairs, name, size)
    pairs = Lists()._pairs
    for raw in texts(b"url.full", 100):
        for _ in range(3):
            assert pairs.read(raw) == facts(attributes(raw))
        assert len(pairs._pairs) <= 20


def test_a_list_of_very_many_pairs_takes_no_longer_for_each():
    many = [{"key": f"http.url.{n}", "value": {"stringValue": "a"}} for n in range(100_000)]
    raw = json.dumps([*many, {"key": "http.method", "value": {"stringValue": "GET"}}]).encode()
    assert Lists()._pairs.read(raw).method == "GET"  # quadratic, it would take minutes
