"""What a scan may cost in writes before its index is called rarely used."""

from datetime import UTC, datetime

import pytest

from perfkit.probes.catalog import Index, Key, StatisticsAge
from perfkit.probes.table_states import TableState
from perfkit.tasks.audit.dropping import dropping, rarely_used
from perfkit.tasks.audit.drops import Drop
from perfkit.tasks.proofs import DropProof

OLD = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=90 * 86_400)


def index(**more):
    facts = {
        "schema": "s", "table": "t", "name": "i", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": True, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "keys": (Key("a", 1, 0, 0),), "included": (), "predicate": None,
        "definition": "CREATE INDEX i ON s.t USING btree (a)", "size_bytes": 1 << 20,
        "scans": 10, "last_scan": None,
    }  # fmt: skip
    return Index(**(facts | more))


@pytest.mark.parametrize(
    ("scans", "writes", "found"),
    [
        (10, 10_000, False),
        (10, 10_001, True),
        (49, 49_001, True),
        (50, 10**9, False),
        (0, 10**9, False),  # unused, which is another matter
    ],
)
def test_a_thousand_rows_are_written_for_each_of_fifty_scans(scans, writes, found):
    states = {("s", "t"): TableState(schema="s", name="t", rows=1e6, inserts=writes, updates=0)}
    assert bool(rarely_used([index(scans=scans)], states, OLD)) is found


def test_a_drop_that_could_not_be_tried_says_so_and_an_unused_one_is_to_be_checked():
    proof = DropProof(
        schema="s", index="i", method="hypopg", verdict="cannot test", tested=0, changes=(),
        refused="it is a primary key",
    )  # fmt: skip
    unused = Drop(index=index(scans=0), kind="unused", reason="never scanned", proven=False)
    (advice,) = dropping([unused], {("s", "i"): proof})
    assert "not tested: it is a primary key" in advice.reason
    assert advice.check == "no standby scans it"
    twin = Drop(index=index(), kind="duplicate", reason="same", proven=True, kept=index(name="j"))
    (advice,) = dropping([twin], {})
    assert advice.check == ""
