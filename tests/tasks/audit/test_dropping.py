from types import SimpleNamespace

import pytest

from perfkit.probes.catalog import Index, Key
from perfkit.probes.table_states import TableState
from perfkit.tasks.audit.dropping import dropping, rarely_used
from perfkit.tasks.audit.drops import LEAST_BYTES, Drop
from perfkit.tasks.proofs import DropProof


def index(name="i", **changes):
    facts = {
        "schema": "s", "table": "t", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": True, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "keys": (Key("a", 1, 0, 0),), "included": (), "predicate": None,
        "definition": f"CREATE INDEX {name} ON s.t USING btree (a)",
        "size_bytes": 1 << 20, "scans": 7, "last_scan": None,
    }  # fmt: skip
    return Index(name=name, **(facts | changes))


def drop(kind="redundant", **more):
    return Drop(index=index(**more.pop("of", {})), kind=kind, reason="why",
                **({"proven": kind != "unused", "kept": index("other")} | more))  # fmt: skip


def proof(verdict, *ratios, refused=""):
    changes = tuple(SimpleNamespace(ratio=ratio) for ratio in ratios)
    return {("s", "i"): DropProof(schema="s", index="i", method="hypopg", verdict=verdict,
                                  tested=3, changes=changes, refused=refused)}  # fmt: skip


@pytest.mark.parametrize(
    ("tested", "action", "proven", "said"),
    [
        ({}, "drop", True, "why"),
        (proof("no change"), "drop", True, "why; 3 statements planned without it: no plan changes"),
        (proof("changes", 1.01), "drop", True, "none gets dearer"),
        (proof("changes", 1.2, 1.0), "drop", True, "the worst at 1.2 times the cost"),
        (proof("hurts", 80.0), "keep", False, "the worst at 80.0 times the cost"),
    ],
)
def test_what_statements_need_after_all_stays(tested, action, proven, said):
    (advice,) = dropping([drop()], tested)
    assert (advice.action, advice.proven) == (action, proven)
    assert said in advice.reason


@pytest.mark.parametrize(
    ("changes", "severity", "confidence"),
    [
        ({}, "warning", "high"),
        ({"of": {"size_bytes": LEAST_BYTES - 1}}, "info", "high"),
        ({"kind": "unused"}, "info", "medium"),
        ({"kind": "unused", "enough": False}, "info", "low"),
    ],
)
def test_small_and_doubtful_ones_are_no_warnings(changes, severity, confidence):
    (advice,) = dropping([drop(**changes)], {})
    assert (advice.severity, advice.confidence) == (severity, confidence)
    assert bool(advice.check) == (changes.get("kind") == "unused")


def test_statistics_of_an_expression_and_a_cluster_are_mentioned():
    (advice,) = dropping([drop("unused", of={"computed": True})], {})
    assert "expression has statistics" in advice.fix
    (advice,) = dropping([drop(of={"clustered": True})], {})
    assert "CLUSTER" in advice.fix
    assert advice.undo.endswith("CLUSTER ON i;")


STATES = {("s", "t"): TableState(schema="s", name="t", inserts=40_000, updates=11_000)}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"scans": 49}, 1),
        ({"scans": 50}, 0),
        ({"scans": 0}, 0),
        ({"scans": None}, 0),
        ({"scans": 5, "unique": True}, 0),
        ({"scans": 5, "supports_foreign_key": True}, 0),
        ({"scans": 5, "valid": False}, 0),
        ({"scans": 5, "size_bytes": LEAST_BYTES - 1}, 0),
        ({"scans": 5, "part_of": ("s", "whole")}, 0),
        ({"scans": 5, "table": "other"}, 0),
    ],
)
def test_a_few_scans_paid_with_thousands_of_rows_are_worth_a_look(old, changes, found):
    advices = rarely_used([index(**changes)], STATES, old)
    assert len(advices) == found
    assert not any(advice.enough or advice.proven for advice in advices)


def test_not_while_the_statistics_are_young_or_something_else_is_advised(old):
    rare = [index(scans=5)]
    assert rarely_used(rare, STATES, old._replace(seconds=600.0)) == []
    assert rarely_used(rare, STATES, old, {("s", "i")}) == []


@pytest.mark.parametrize(
    ("times", "scans", "said"), [(8, 7, True), (2, 7, False), (8, 0, False), (8, None, False)]
)
def test_that_the_other_index_is_much_larger_is_said_where_it_is_scanned(times, scans, said):
    kept = index("other", size_bytes=times << 20)
    (advice,) = dropping([drop(kept=kept, of={"scans": scans})], {})
    assert (advice.action, advice.proven) == ("drop", True)
    assert ("other is 8 times as large" in advice.check) == said
