"""Whose an event is: threads by number or name, lanes of asynchronous events."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_events import Event
from perfkit.formats.traces.chrome_lanes import identity_of, lanes_of, threads_of


def of(*events):
    threads, number = threads_of([Event("X", pid=pid, tid=tid) for pid, tid in events])
    return [threads[place] for place in number.tolist()]


def test_a_thread_is_a_pair_of_process_and_thread():
    assert of((1, 2), (2, 1), (1, 2)) == [("1", "2"), ("2", "1"), ("1", "2")]


def test_without_a_thread_it_is_the_main_one_and_without_a_process_0():
    assert of((7, None), (None, 3), (None, None)) == [("7", "7"), ("0", "3"), ("0", "0")]
    assert of(("gpu", None)) == [("gpu", "gpu")]


@pytest.mark.parametrize("other", [1, "1", "renderer", 2**70, None])
def test_what_other_events_have_does_not_change_the_name_of_a_thread(other):
    """A chunk in which all are numbers, and one in which some are texts, have to meet."""
    assert of((1.0, 2), (other, 3))[0] == of((1, 2), (other, 3))[0] == ("1", "2")


def test_fractions_and_large_numbers_stay_apart():
    assert len(set(of((1.5, 1), (1, 1), (2**63, 1), (2**64, 1)))) == 4


def test_no_events_have_no_threads():
    threads, number = threads_of([])
    assert threads == []
    assert number.tolist() == []


@given(
    events=st.lists(
        st.tuples(*[st.none() | st.integers(-3, 3) | st.sampled_from(["a", "1"])] * 2), max_size=20
    )
)
def test_events_share_a_thread_if_their_texts_are_equal(events):
    found = of(*events)
    for (pid, tid), thread in zip(events, found, strict=True):
        owner = "0" if pid is None else str(pid)
        assert thread == (owner, owner if tid is None else str(tid))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"id": "0x1"}, ("0x1", False)),
        ({"id": 0}, ("0", False)),
        ({"id": ""}, ("", False)),
        ({}, ("", False)),
        ({"id2": b'{"local":"0x1"}'}, ("0x1", True)),
        ({"id2": b'{"global":7}'}, ("7", False)),
        ({"id2": b'{"global":7,"local":8}'}, ("7", False)),
        ({"id": "a", "id2": b'{"local":8}'}, ("a", False)),
        ({"id2": b"[1]"}, ("", False)),
        ({"id2": b'{"local":{}}'}, ("", False)),
        ({"id2": b'{"local":"\xff"}'}, ("", False)),
        ({"id2": b'{"local":' + b"[" * 100_000}, ("", False)),
    ],
)
def test_an_id_is_global_or_of_its_process(event, expected):
    told = {name: msgspec.Raw(value) if name == "id2" else value for name, value in event.items()}
    assert identity_of(Event("b", **told)) == expected


def lanes(*events):
    items = [Event(**one) for one in events]
    places = np.flatnonzero([one.ph in "besSF" and one.ph != "s" for one in items])
    return lanes_of(items, places)


def test_asynchronous_events_leave_their_thread():
    found = lanes(
        {"ph": "X", "pid": 1, "tid": 1},
        {"ph": "b", "pid": 1, "tid": 1, "cat": "c", "id": 1},
        {"ph": "e", "pid": 1, "tid": 2, "cat": "c", "id": 1},
        {"ph": "e", "pid": 2, "tid": 2, "cat": "c", "id": 2},
    )
    assert found.lane.tolist()[0] == found.thread.tolist()[0]
    assert found.lane.tolist()[1] == found.lane.tolist()[2] == -1
    assert found.lane.tolist()[3] == -2
    assert len(found.others) == 2


def test_a_local_id_is_another_one_in_each_process():
    local = {"ph": "b", "cat": "c", "id2": msgspec.Raw(b'{"local":1}')}
    whole = {"ph": "b", "cat": "c", "id2": msgspec.Raw(b'{"global":1}')}
    assert len(lanes(local | {"pid": 1}, local | {"pid": 2}).others) == 2
    assert len(lanes(whole | {"pid": 1}, whole | {"pid": 2}).others) == 1


def test_the_older_kind_goes_by_name_the_newer_by_category():
    old = [{"ph": "S", "name": name, "cat": cat, "id": 1} for name, cat in ("ax", "ay", "bx")]
    new = [one | {"ph": "b"} for one in old]
    assert len(lanes(*old).others) == 2  # a and b
    assert len(lanes(*new).others) == 2  # x and y
    assert len(lanes(old[0], new[0]).others) == 2  # never with each other
