"""Links against the plain walk from span to span; ids that are shared; circles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.span_tree import link

NAMES = ("trace_id", "span_id", "parent_id", "kind", "service", "started_at")


def spans(*rows):
    """Rows of (trace, id, parent, kind, service); each begins after the one before."""
    rows = [(*row, place) for place, row in enumerate(rows)]
    columns = zip(*rows, strict=True) if rows else [()] * len(NAMES)
    return tables.from_columns(
        "spans", dict(zip(NAMES, map(list, columns), strict=True)), rows=len(rows)
    )


#: One row per id: nothing is shared.
UNIQUE = st.lists(
    st.tuples(st.sampled_from(["t", "u", None]), st.sampled_from([None, *"abcdefgh"])),
    max_size=8,
    unique_by=lambda row: row[1] or object(),
).flatmap(
    lambda rows: st.tuples(
        *(
            st.tuples(st.just(t), st.just(own), st.sampled_from([None, *"abcdefgh"]))
            for t, own in rows
        )
    )
)


def walked(rows):
    """Return the parents before circles are cut, by looking at every pair."""
    return [
        next(
            (
                b
                for b, (trace, own, _) in enumerate(rows)
                if parent is not None
                and own == parent
                and (a == b or (t is not None and trace == t))
            ),
            -1,
        )
        for a, (t, _, parent) in enumerate(rows)
    ]


@settings(max_examples=400, deadline=None)
@given(UNIQUE)
def test_every_span_hangs_below_the_one_it_names_unless_that_is_below_itself(rows):
    links = link(spans(*((t, own, above, None, "s") for t, own, above in rows)))
    plain = walked(rows)
    for row, parent in enumerate(plain):
        assert links.missing[row] == (rows[row][2] is not None and parent < 0)
        if links.circular[row]:
            at, steps = parent, 0
            while at != row:
                at, steps = plain[at], steps + 1
                assert steps <= len(rows)
            assert links.parent[row] == -1
        else:
            assert links.parent[row] == parent
        at, depth = row, 0
        while links.parent[at] >= 0:
            at, depth = links.parent[at], depth + 1
            assert depth <= len(rows)
        assert (links.top[row], links.depth[row]) == (at, depth)


def test_of_a_circle_the_span_that_began_first_is_the_top():
    rows = (("t", "b", "a", None, "s"), ("t", "c", "b", None, "s"), ("t", "a", "c", None, "s"))
    links = link(spans(*rows, ("t", "d", "c", None, "s")))
    assert links.circular.tolist() == [True, False, False, False]
    assert links.parent.tolist() == [-1, 0, 1, 1]
    assert set(links.top.tolist()) == {0}


def test_a_span_that_names_itself_has_no_parent():
    links = link(spans(("t", "a", "a", None, "s")))
    assert (links.parent.tolist(), links.circular.tolist()) == ([-1], [True])


def test_the_server_half_of_a_shared_span_hangs_below_the_clients():
    links = link(
        spans(
            ("t", "1", None, "server", "front"),
            ("t", "2", "1", "client", "front"),
            ("t", "2", "1", "server", "back"),
            ("t", "3", "2", None, "back"),
            ("t", "4", "2", None, "front"),
        )
    )
    assert links.parent.tolist() == [-1, 0, 1, 2, 1]
    assert not links.missing.any()


@pytest.mark.parametrize("length", [1, 2, 3, 5, 1000])
def test_circles_and_chains_of_any_length_end(length):
    rows = [("t", f"{n}", f"{(n + 1) % length}", None, "s") for n in range(length)]
    chain = [("u", f"{n}", f"{n - 1}" if n else None, None, "s") for n in range(length)]
    links = link(spans(*rows, *chain))
    assert links.circular.sum() == 1
    assert links.depth.max() == length - 1
    assert np.array_equal(np.unique(links.top), [0, length])


def test_no_spans_have_no_links():
    links = link(spans())
    assert len(links.parent) == len(links.trace) == 0
