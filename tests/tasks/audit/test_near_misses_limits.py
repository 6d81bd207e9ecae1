"""Why an index stays: a role of its own, the same constraint twice, other directions."""

import pytest

from perfkit.probes.catalog import Index, Key
from perfkit.tasks.audit.near_misses import near_misses

DESC, NULLS_FIRST = 1, 2


def index(name, *keys, **more):
    facts = {
        "schema": "s", "table": "t", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": True, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "keys": tuple(Key(k, 1, 0, option) for k, option in keys), "included": (),
        "predicate": None, "definition": "CREATE INDEX ...", "size_bytes": 1 << 20,
        "scans": 1, "last_scan": None,
    }  # fmt: skip
    return Index(name=name, **(facts | more))


def why(short, long):
    return {advice.index: advice.reason for advice in near_misses([short, long], set())}


@pytest.mark.parametrize("role", ["replica_identity", "exclusion"])
def test_what_has_a_role_of_its_own_stays(role):
    short, long = index("i", ("a", 0), **{role: True}), index("j", ("a", 0), ("b", 0))
    assert "it has a role of its own" in why(short, long)["i"]


def test_the_same_constraint_twice_is_told_from_two_constraints():
    key = {"unique": True, "constrained": True}
    same = why(index("i", ("a", 0), **key), index("j", ("a", 0), **key))
    assert any("both enforce a constraint" in reason for reason in same.values())
    longer = why(index("i", ("a", 0), **key), index("j", ("a", 0), ("b", 0), **key))
    assert "it enforces a constraint" in longer["i"]
    assert "both" not in longer["i"]


@pytest.mark.parametrize(
    ("options", "others", "turned"),
    [
        ((0, 0), (3, 3), False),  # read backwards they are equal
        ((0, 0), (0, 3), True),
        ((0, 0), (DESC, DESC), True),  # NULLs at the other end
        ((NULLS_FIRST, 0), (0, 0), True),
    ],
)
def test_only_an_order_read_backwards_is_the_same(options, others, turned):
    short = index("i", *zip("ab", options, strict=True))
    long = index("j", *zip("ab", others, strict=True), ("c", 0))
    reasons = " ".join(why(short, long).values())
    assert ("other directions" in reasons) is turned


def test_indexes_of_partitions_are_not_told_one_by_one():
    short = index("i", ("a", 0), replica_identity=True, part_of="parent")
    assert why(short, index("j", ("a", 0), ("b", 0))) == {}
