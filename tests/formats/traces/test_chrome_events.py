"""One chunk's events: phases as letters, times in exact nanoseconds."""

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import Chunk
from perfkit.formats.traces.chrome_events import looks, read_events
from perfkit.formats.traces.chrome_times import UNKNOWN


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_events(Chunk.whole(data))


def of(*events):
    return read(json.dumps({"traceEvents": events}))[1]


def test_an_event_has_a_phase_and_a_time_or_a_process():
    assert looks({"ph": b'"X"', "ts": b"1"})
    assert looks({"ph": b'"M"', "name": b'"process_name"'})
    assert not looks({"ts": b"1", "pid": b"1"})
    assert not looks({"ph": b'"X"', "args": b"{}"})


def test_phases_are_their_first_letter():
    found = of(
        {"ph": "X", "ts": 1}, {"ph": "beta", "ts": 1}, {"ph": "", "ts": 1}, {"ph": "é", "ts": 1}
    )
    assert bytes(found.phase.tolist()) == b"Xb??"
    same = of({"ph": "X", "ts": 1}, {"ph": "X", "ts": 2})
    assert bytes(same.phase.tolist()) == b"XX"


def test_records_are_counted_with_those_that_are_no_events():
    elements, events = read('[{"ph":"X","ts":1},{"ph":[]},{"ph":"X","ts":2}]')
    assert events.line.tolist() == [1, 3]
    assert [bad.line for bad in elements.rejected] == [2]


@pytest.mark.parametrize("wanted", [[True, True], [False, True], [False, False]])
def test_some_events_keep_all_that_belongs_to_them(wanted):
    found = of({"ph": "X", "ts": 1, "dur": 2, "name": "a"}, {"ph": "B", "ts": 3, "name": "b"})
    some = found.some(np.array(wanted))
    chosen = [n for n, flag in enumerate(wanted) if flag]
    assert [event.name for event in some.items] == ["ab"[n] for n in chosen]
    assert some.ts.tolist() == [[1000, 3000][n] for n in chosen]
    assert some.dur.tolist() == [[2000, UNKNOWN][n] for n in chosen]
    assert some.line.tolist() == [[1, 2][n] for n in chosen]


def test_times_since_1970_keep_their_last_digit():
    """A float64 holds these to a quarter of a microsecond only."""
    _, found = read('[{"ph":"X","ts":1790000000123456.789,"dur":0.001},{"ph":"X","ts":1,"dur":2}]')
    assert found.ts.tolist() == [1790000000123456789, 1000]
    assert found.dur.tolist() == [1, 2000]


def test_among_large_times_a_broken_event_does_not_shift_the_others():
    _, found = read(
        '[{"ph":"X","ts":1790000000123456.781},{"ph":1},{"ph":"X","ts":1790000000123456.782}]'
    )
    assert found.ts.tolist() == [1790000000123456781, 1790000000123456782]


def test_times_may_be_texts_and_what_is_none_is_unknown():
    found = of({"ph": "X", "ts": "12.5", "dur": "soon"}, {"ph": "X", "ts": None})
    assert found.ts.tolist() == [12500, UNKNOWN]
    assert found.dur.tolist() == [UNKNOWN, UNKNOWN]


@given(times=st.lists(st.decimals(0, 4 * 10**15, places=3), min_size=1, max_size=6))
def test_thousandths_of_microseconds_are_exact_at_any_size(times):
    _, found = read("[" + ",".join(f'{{"ph":"X","ts":{time}}}' for time in times) + "]")
    assert found.ts.tolist() == [int(Decimal(time) * 1000) for time in times]


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read(data):
    _, found = read(b'{"traceEvents":[' + data)
    assert (
        len(found.items) == len(found.phase) == len(found.ts) == len(found.dur) == len(found.line)
    )
