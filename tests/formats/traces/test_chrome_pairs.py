"""Begins and ends: against a stack, and where names say that they are not each other's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_pairs import Marks, pairs
from perfkit.formats.traces.chrome_times import UNKNOWN

NAMES = {"": -1, "a": 0, "b": 1, "c": 2}


def marks(*events):
    """Marks of (begins or ends, lane, time, name)."""
    begins, lanes, times, names = zip(*events, strict=True)
    return Marks(
        begins=np.array([one == "B" for one in begins]),
        lane=np.array(lanes),
        time=np.array(times),
        name=np.array([NAMES[name] for name in names]),
        cat=np.full(len(events), -1),
    )


def test_the_last_that_began_ends_first_on_each_lane():
    found = pairs(
        marks(
            ("B", 0, 1, "a"), ("B", 1, 2, "a"), ("B", 0, 3, "b"),
            ("E", 0, 5, ""), ("E", 1, 6, "a"), ("E", 0, 9, "a"),
        )
    )  # fmt: skip
    assert found.end.tolist() == [5, 4, 3, -1, -1, -1]
    assert found.over.tolist()[:3] == [9, 6, 5]


def test_an_end_of_another_name_ends_nothing():
    found = pairs(marks(("B", 0, 1, "a"), ("E", 0, 2, "b")))
    assert found.end.tolist() == [-1, -1]
    assert found.over.tolist()[0] == UNKNOWN


def test_what_never_ended_is_over_with_what_it_is_within():
    found = pairs(
        marks(
            ("B", 0, 1, "a"), ("B", 0, 2, "b"), ("E", 0, 4, "a"),
            ("B", 0, 5, "b"), ("E", 0, 6, "b"),
        )
    )  # fmt: skip
    assert found.end.tolist() == [2, -1, -1, 4, -1]
    assert found.over.tolist()[:2] == [4, 4]


def test_ends_of_one_moment_may_come_in_any_order():
    found = pairs(marks(("B", 0, 1, "a"), ("B", 0, 2, "b"), ("E", 0, 4, "a"), ("E", 0, 4, "b")))
    assert found.end.tolist() == [2, 3, -1, -1]


def test_an_end_without_a_begin_ends_nothing_and_disturbs_nothing():
    found = pairs(marks(("E", 0, 1, "a"), ("B", 0, 2, "a"), ("E", 0, 3, ""), ("E", 0, 4, "")))
    assert found.end.tolist() == [-1, 2, -1, -1]


def test_marks_are_paired_in_order_of_time_not_of_the_file():
    found = pairs(marks(("E", 0, 9, "a"), ("B", 0, 1, "a")))
    assert found.end.tolist() == [-1, 0]


@st.composite
def nested(draw):
    """Well-nested begins and ends on some lanes, shuffled among each other."""
    streams = []
    for lane in range(draw(st.integers(1, 3))):
        events, depth, names = [], [], st.sampled_from("abc")
        for step in draw(st.lists(st.booleans(), max_size=20)):
            if step or not depth:
                depth.append((len(events), draw(names)))
                events.append(("B", lane, depth[-1][1], None))
            else:
                begun, name = depth.pop()
                events.append(("E", lane, draw(st.sampled_from(["", name])), begun))
        streams.append(events)
    order = draw(st.permutations([lane for lane, s in enumerate(streams) for _ in s]))
    return streams, order


@given(nested())
def test_well_nested_pairs_are_found(given):
    streams, order = given
    places = [iter(range(len(stream))) for stream in streams]
    events, at = [], {}
    for time, lane in enumerate(order):
        place = next(places[lane])
        kind, _, name, begun = streams[lane][place]
        at[lane, place] = len(events)
        events.append((kind, lane, time, name, begun))
    if not events:
        return
    found = pairs(marks(*(event[:4] for event in events)))
    wanted = np.full(len(events), -1)
    for row, (kind, lane, _, _, begun) in enumerate(events):
        if kind == "E":
            wanted[at[lane, begun]] = row
    assert found.end.tolist() == wanted.tolist()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("BE"),
            st.integers(0, 2),
            st.integers(0, 9),
            st.sampled_from(list(NAMES)),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_any_marks_are_paired_once_with_their_like_and_later(given):
    some = marks(*given)
    found = pairs(some)
    met = [(begin, end) for begin, end in enumerate(found.end.tolist()) if end >= 0]
    assert len({end for _, end in met}) == len(met)
    for begin, end in met:
        assert given[begin][0] == "B"
        assert given[end][0] == "E"
        assert given[begin][1] == given[end][1]
        assert given[begin][2] <= given[end][2]
        assert given[end][3] in {"", given[begin][3]} or not given[begin][3]
