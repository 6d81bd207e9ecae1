"""How large an index must be before its drop is advised: the 64 kB of docs/plans.md."""

from datetime import UTC, datetime

import pytest

from perfkit.probes.catalog import Index, Key, StatisticsAge
from perfkit.tasks.audit.drops import drops

OLD = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=90 * 86_400)


def unread(size):
    return Index(
        schema="public", table="t", name="i", method="btree", unique=False,
        nulls_not_distinct=False, valid=True, constrained=False, replica_identity=False,
        exclusion=False, supports_foreign_key=False, keys=(Key("a", 1, 0, 0),), included=(),
        predicate=None, definition="CREATE INDEX i ...", size_bytes=size, scans=0, last_scan=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("size", "found"), [(32_769, False), (65_535, False), (65_537, True), (131_071, True)]
)
def test_an_unread_index_is_worth_a_drop_above_64_kilobytes(size, found):
    assert [drop.kind for drop in drops([unread(size)], OLD)] == ["unused"] * found
