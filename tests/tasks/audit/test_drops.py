from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.probes.catalog import ENOUGH_DAYS, Index, Key, StatisticsAge
from perfkit.tasks.audit.drops import LEAST_BYTES, drops

SINCE = datetime(2025, 1, 1, tzinfo=UTC)


def age(seconds, *, known=True):
    return StatisticsAge(SINCE, known=known, seconds=seconds)


OLD, YOUNG = age(90 * 86_400), age(12 * 60)


def keys(*columns):
    """Return keys of column names; ``-a`` is descending."""
    return tuple(Key(name.lstrip("-"), 1, 0, 3 if name[0] == "-" else 0) for name in columns)


def index(name, *columns, **changes):
    facts = {
        "schema": "public", "table": "t", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": True, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "included": (), "predicate": None, "definition": f"CREATE INDEX {name} ...",
        "size_bytes": 1 << 20, "scans": 7, "last_scan": None,
    }  # fmt: skip
    return Index(name=name, keys=keys(*columns), **(facts | changes))


def found(*indexes, at=OLD):
    return {drop.index.name: drop.kind for drop in drops(indexes, at)}


def test_of_two_equal_indexes_the_one_in_use_stays():
    (drop,) = drops([index("a1", "a", scans=1), index("a2", "a", scans=900)], OLD)
    assert (drop.index.name, drop.kind, drop.kept.name) == ("a1", "duplicate", "a2")
    assert drop.reason == "the same as a2"
    assert drop.proven
    assert drop.enough


def test_of_three_equal_indexes_one_stays():
    assert len(found(index("x", "a"), index("y", "a"), index("z", "a"))) == 2


@pytest.mark.parametrize(
    ("guarantee", "reason"),
    [
        ({"unique": True}, "the same as z, which is unique"),
        ({"unique": True, "constrained": True}, "the same as z, which enforces a constraint"),
    ],
)
def test_a_guarantee_is_worth_more_than_scans_and_is_told(guarantee, reason):
    (drop,) = drops([index("a", "a", scans=10**9), index("z", "a", scans=0, **guarantee)], OLD)
    assert drop.index.name == "a"
    assert drop.reason == reason


@pytest.mark.parametrize("role", ["constrained", "replica_identity", "exclusion"])
def test_what_has_a_role_of_its_own_is_never_dropped_for_a_twin(role):
    both = [index("x", "a", **{role: True}), index("y", "a", **{role: True})]
    assert found(*both) == {}


def test_of_unique_twins_the_one_that_refuses_more_stays():
    strict = index("z", "a", unique=True, nulls_not_distinct=True)
    assert found(strict, index("y", "a", unique=True)) == {"y": "duplicate"}
    assert found(strict, index("y", "a", unique=True, nulls_not_distinct=True)) == {
        "z": "duplicate"
    }


def test_a_constraint_that_may_be_broken_for_a_while_replaces_no_unique_index():
    later = index("a_key", "a", unique=True, constrained=True, immediate=False)
    assert found(later, index("x", "a", unique=True)) == {}
    assert found(later, index("x", "a")) == {"x": "duplicate"}
    three = found(later, index("x", "a", unique=True), index("y", "a", unique=True))
    assert three == {"y": "duplicate"}  # the constraint cannot replace it, its twin can


def test_the_part_of_a_partitioned_index_stays_and_replaces_one_of_the_partitions_own():
    part = index("z", "a", "b", part_of=("public", "whole"), scans=0)
    assert found(part) == {}
    (drop,) = drops([index("x", "a", "b"), part], OLD)
    assert (drop.index.name, drop.kept.name) == ("x", "z")
    assert drop.reason == "the same as z, which is a part of whole"
    assert found(index("x", "a"), part) == {"x": "redundant"}


@pytest.mark.parametrize("method", ["gin", "brin"])
def test_where_columns_are_searched_independently_their_order_is_no_difference(method):
    pair = index("x", "a", "b", method=method), index("y", "b", "a", method=method)
    assert found(*pair) == {"y": "duplicate"}
    assert found(index("x", "a", "b", method="gist"), index("y", "b", "a", method="gist")) == {}


@pytest.mark.parametrize(("days", "kind"), [(200, {"x": "unused"}), (20, {}), (None, {})])
def test_what_nobody_scanned_for_a_month_is_unused_whatever_it_was_before(days, kind):
    at = age(400 * 86_400)
    last = None if days is None else at.now - timedelta(days=days)
    assert found(index("x", "a", scans=7000, last_scan=last), at=at) == kind


def test_the_last_scan_is_told():
    at = age(400 * 86_400)
    (drop,) = drops([index("x", "a", scans=7000, last_scan=at.now - timedelta(days=200))], at)
    assert drop.reason == (
        "last scanned on this server 200 days ago, on 2025-07-20 (7,000 scans before)"
    )
    assert drop.enough


@pytest.mark.parametrize(
    "other",
    [
        index("y", "b"),
        index("y", "a", method="hash"),
        index("y", "a", table="u"),
        index("y", "a", schema="other"),
        index("y", "a", predicate="(a > 5)"),
        index("y", "a", included=("b",)),
        index("y", "a", valid=False),
    ],
)
def test_indexes_that_answer_other_questions_are_no_twins(other):
    assert "duplicate" not in found(index("x", "a"), other).values()


def test_the_order_of_included_columns_does_not_matter():
    pair = index("x", "a", included=("b", "c")), index("y", "a", included=("c", "b"))
    assert found(*pair) == {"y": "duplicate"}


def test_an_index_read_backwards_is_the_same_index():
    assert found(index("x", "a", "-b"), index("y", "-a", "b")) == {"y": "duplicate"}
    assert found(index("x", "a", "b"), index("y", "a", "-b")) == {}


def test_a_prefix_is_redundant_and_the_smallest_index_that_stays_is_named():
    short, middle = index("a", "a"), index("ab", "a", "b", size_bytes=2 << 20)
    long = index("abc", "a", "b", "c", size_bytes=3 << 20)
    both = {drop.index.name: drop for drop in drops([short, middle, long], OLD)}
    assert {name: drop.kind for name, drop in both.items()} == {
        "a": "redundant",
        "ab": "redundant",
    }
    assert both["a"].kept.name == "abc"  # not ab: that goes as well
    assert both["a"].reason == "abc (a, b, c) begins with the same columns (3.00 MB)"


@pytest.mark.parametrize(
    ("short", "longer"),
    [
        (index("x", "b"), index("y", "a", "b")),  # not the beginning
        (index("x", "a", unique=True), index("y", "a", "b")),
        (index("x", "a", included=("c",)), index("y", "a", "b")),
        (index("x", "a", predicate="(b > 5)"), index("y", "a", "b")),
        (index("x", "a", method="gin"), index("y", "a", "b", method="gin")),
        (index("x", "a"), index("y", "-a", "b", table="u")),
    ],
)
def test_what_the_longer_index_does_not_answer_stays(short, longer):
    assert found(short, longer) == {}


def test_included_columns_may_be_keys_of_the_longer_index():
    assert found(index("x", "a", included=("b",)), index("y", "a", "b")) == {"x": "redundant"}


def test_a_prefix_read_backwards_is_redundant_too():
    assert found(index("x", "a"), index("y", "-a", "b")) == {"x": "redundant"}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, {"x": "unused"}),
        ({"size_bytes": LEAST_BYTES}, {"x": "unused"}),
        ({"size_bytes": LEAST_BYTES - 1}, {}),
        ({"scans": 1}, {}),
        ({"scans": None}, {}),  # hidden is not unused
        ({"unique": True}, {}),
        ({"supports_foreign_key": True}, {}),
        ({"valid": False}, {}),
    ],
)
def test_an_index_nobody_reads_is_unused_unless_it_is_there_for_something_else(changes, kind):
    assert found(index("x", "a", **({"scans": 0} | changes))) == kind


def test_young_statistics_are_no_evidence_that_an_index_is_unused():
    (drop,) = drops([index("x", "a", scans=0)], YOUNG)
    assert not drop.enough
    assert not drop.proven
    assert drop.reason == "never scanned on this server in 12 minutes: not enough evidence yet"


@pytest.mark.parametrize(
    ("days", "since", "enough"),
    [
        (ENOUGH_DAYS, SINCE, False),  # all of January but its last day
        (ENOUGH_DAYS + 1, SINCE, True),
        (ENOUGH_DAYS, datetime(2025, 1, 15, tzinfo=UTC), True),
        (ENOUGH_DAYS - 1, datetime(2025, 1, 15, tzinfo=UTC), False),
    ],
)
def test_a_month_of_statistics_with_its_end_is_enough(days, since, enough):
    known = StatisticsAge(since, known=True, seconds=days * 86_400)
    (drop,) = drops([index("x", "a", scans=0)], known)
    assert drop.enough == enough


def test_the_same_keys_with_more_included_columns_make_an_index_redundant():
    assert found(index("x", "a"), index("y", "a", included=("b",))) == {"x": "redundant"}
    assert found(index("x", "a", included=("c",)), index("y", "a", included=("b",))) == {}


def test_parameters_make_a_difference_where_they_decide_what_is_answered():
    coarse = index("x", "a", method="brin", parameters=("pages_per_range=128",))
    fine = index("y", "a", method="brin", parameters=("pages_per_range=4",))
    assert found(coarse, fine) == {}
    assert found(index("x", "a", parameters=("fillfactor=70",)), index("y", "a")) == {
        "y": "duplicate"
    }


def test_the_index_that_the_table_is_clustered_by_stays():
    assert found(index("x", "a"), index("y", "a", clustered=True)) == {"x": "duplicate"}


@pytest.mark.parametrize(
    ("seconds", "known", "text"),
    [
        (59, True, "in less than a minute"),
        (60, True, "in 1 minute"),
        (3599, True, "in 59 minutes"),
        (3600, True, "in 1 hour"),
        (86_400, True, "in 1 day"),
        (45 * 86_400, False, "since its start 45 days ago"),
    ],
)
def test_the_age_is_told_in_one_unit(seconds, known, text):
    (drop,) = drops([index("x", "a", scans=0)], age(seconds, known=known))
    assert f"server {text}" in drop.reason


def test_with_enough_evidence_an_unused_long_index_goes_before_the_short_one_in_use():
    pair = index("short", "a", scans=50), index("long", "a", "b", scans=0)
    assert found(*pair, at=OLD) == {"long": "unused"}
    assert found(*pair, at=YOUNG) == {"short": "redundant"}


def test_an_unused_twin_inherits_the_readers_of_the_one_that_goes():
    used = index("y", "a", scans=100)
    guaranteed = index("x", "a", scans=0, replica_identity=True)
    assert found(used, guaranteed) == {"y": "duplicate"}


def test_of_unread_twins_both_go_unless_the_readers_of_one_are_hidden():
    unread = index("x", "a", scans=0)
    assert found(unread, index("y", "a", scans=0)) == {"x": "unused", "y": "duplicate"}
    assert found(unread, index("y", "a", scans=None)) == {"y": "duplicate"}


NAMES = st.lists(st.sampled_from(["a", "-a", "b", "-b", "c"]), min_size=1, max_size=3, unique=True)
SOME = st.lists(
    st.builds(
        lambda columns, flags, method, scans: index(
            "", *columns, method=method, scans=scans, **dict.fromkeys(flags, True)
        ),
        NAMES,
        st.sets(st.sampled_from(["unique", "constrained", "replica_identity"]), max_size=2),
        st.sampled_from(["btree", "gin"]),
        st.sampled_from([0, 1, None]),
    ),
    max_size=7,
)


@given(some=SOME, at=st.sampled_from([OLD, YOUNG]))
def test_nothing_goes_twice_and_what_was_read_always_leaves_something_that_answers_it(some, at):
    named = [replace(one, name=f"i{n}") for n, one in enumerate(some)]
    result = drops(named, at)
    going = [drop.index.name for drop in result]
    assert len(going) == len(set(going))
    by_name = {drop.index.name: drop for drop in result}
    for drop in result:
        last = drop
        while last.kept and last.kept.name in by_name:
            last = by_name[last.kept.name]
        if last is not drop and last.kind == "unused":  # twins that nobody reads both go
            assert drop.index.scans == last.index.scans == 0
    assert not any(drop.index.constrained or drop.index.replica_identity for drop in result)
