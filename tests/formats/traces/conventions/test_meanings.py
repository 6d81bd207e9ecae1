"""Attributes mean the same whether they are read together or one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.conventions import facts
from perfkit.formats.traces.conventions.facts import facts_of
from perfkit.formats.traces.conventions.meanings import meaning, slots_of_meanings
from perfkit.formats.traces.conventions.names import _NAMES

KNOWN = sorted({name for names in _NAMES.values() for name in names})
#: Few names meet often: both spellings, wrapped ones, hints, parameters, words.
FEW = [
    *("http.method", "http.request.method", "context.http.method", "http.url", "url.full"),
    *("http.scheme", "http.status_code", "http.response.status_code", "db.system", "db.statement"),
    *("db.query.text", "db.query.parameter.statement", "db.operation.parameter.port", "method"),
    *("rpc.method", "rpc.system", "messaging.operation", "messaging.x", "mongodb.query", "status"),
    *("uri", "url", "mongodb.collection", "team", "", "http.host", "peer.service", "net.peer.port"),
]
NAMES = st.one_of(st.sampled_from(FEW), st.sampled_from(KNOWN), st.text(max_size=4))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["GET", "process", "mongodb", "redis", "_OTHER", "200 OK", "8080", "/a?b", "²"]
    ),
    st.sampled_from(["http://u:p@h:1/x", "aws-api", "true", "UNAVAILABLE", "none"]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text(), SCALARS))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


def together(pairs):
    return facts_of(slots_of_meanings([meaning(name, value) for name, value in pairs]))


@given(PAIRS)
def test_meanings_one_by_one_give_the_facts_of_all_attributes(pairs):
    assert together(pairs) == facts(dict(pairs))


@given(PAIRS, st.data())
def test_of_a_name_that_is_there_twice_the_last_counts(pairs, data):
    again = data.draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    doubled = [*((name, "other") for name, _ in again), *pairs]
    assert together(doubled) == facts(dict(doubled))


@pytest.mark.parametrize("slot", _NAMES)
@given(data=st.data())
def test_the_newest_name_wins_in_any_order(slot, data):
    names = _NAMES[slot]
    shuffled = data.draw(st.permutations(names))
    written = [meaning(name, str(100 + names.index(name))) for name in shuffled]
    assert str(slots_of_meanings(written)[0][slot]) == "100"
