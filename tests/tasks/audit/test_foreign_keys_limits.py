"""From how many rows on a foreign key wants an index, and which of them are only mentioned."""

import pytest

from perfkit.probes.foreign_keys import ForeignKey
from perfkit.tasks.audit.foreign_keys import at_rest, foreign_key_advice


def key(table="items", rows=50_000.0, deletes=200, **more):
    return ForeignKey(
        schema="public", table=table, name=f"{table}_fkey", columns=("order_id",),
        parent_schema="public", parent="orders", on_delete="a", rows=rows,
        size_bytes=more.get("size_bytes", 4 << 20), parent_deletes=deletes, partitioned=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "found"), [(999.0, False), (1000.0, True), (1999.0, True), (None, True)]
)
def test_a_thousand_rows_are_worth_an_index(rows, found):
    assert bool(foreign_key_advice([key(rows=rows)])) is found
    assert bool(at_rest([key(rows=rows, deletes=0)], [])) is found


def test_a_small_table_that_was_never_analysed_is_judged_by_its_size():
    assert foreign_key_advice([key(rows=None, size_bytes=8192)]) == []


def test_what_is_advised_is_not_called_at_rest_as_well():
    busy, idle = key(), key("other", deletes=0)
    advised = foreign_key_advice([busy, idle])
    assert [advice.table for advice in advised] == ["items"]
    (said,) = at_rest([busy, idle], advised)
    assert "other (order_id)" in said.title
    assert "items" not in said.title


def test_nothing_at_rest_is_nothing_to_say():
    busy = key()
    assert at_rest([busy], foreign_key_advice([busy])) == []
    assert at_rest([key(rows=10.0, deletes=0)], []) == []


@pytest.mark.parametrize(("count", "named", "others"), [(3, 3, False), (4, 3, True)])
def test_three_are_named(count, named, others):
    (said,) = at_rest([key(f"t{n}", deletes=0) for n in range(count)], [])
    assert sum(f"t{n} (order_id)" in said.title for n in range(count)) == named
    assert ("and others" in said.title) is others
