from perfkit.plans.facts import Partition
from perfkit.probes.table_family import Relation, partitions, summed


def relation(oid, kind="r", parent=None, **more):
    return Relation(
        oid=oid, schema="s", name=f"t{oid}", kind=kind, described=True, parent=parent, **more
    )


FOUND = {
    r.oid: r
    for r in (
        relation(1, "p"),
        relation(2, "r", 1, rows=10.0, pages=3, visible=1, updates=4),
        relation(3, "p", 1),
        relation(4, "r", 3, rows=5.0, pages=2, visible=2),
    )
}


def test_partitions_hold_their_own():
    assert partitions(FOUND[1], FOUND) == (
        Partition("s", "t2"),
        Partition("s", "t3", (Partition("s", "t4"),)),
    )
    assert partitions(FOUND[2], FOUND) == ()


def test_a_partitioned_table_is_the_sum_of_its_leaves():
    whole = summed(FOUND[1], FOUND)
    assert (whole.rows, whole.pages, whole.visible, whole.updates) == (15.0, 5, 3, 4)
    assert whole.inserts is None  # known of no leaf
    assert summed(FOUND[2], FOUND) is FOUND[2]


def test_a_leaf_of_unknown_size_makes_the_whole_unknown():
    found = FOUND | {4: relation(4, "r", 3, pages=2)}
    assert summed(found[1], found).rows is None
    assert summed(found[1], found).pages == 5
