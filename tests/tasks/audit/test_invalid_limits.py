"""What has to be known before an invalid index is dropped or built again without a word."""

import pytest

from perfkit.probes.catalog import Index, Key
from perfkit.probes.index_builds import Builds
from perfkit.tasks.audit.invalid import invalid_indexes


def index(name="i", column="a", **more):
    facts = {
        "schema": "s", "table": "t", "method": "btree", "unique": False,
        "nulls_not_distinct": False, "valid": False, "constrained": False,
        "replica_identity": False, "exclusion": False, "supports_foreign_key": False,
        "keys": (Key(column, 1, 0, 0),), "included": (), "predicate": None,
        "definition": f"CREATE INDEX {name} ON s.t USING btree ({column})",
        "size_bytes": 1 << 20, "scans": 0, "last_scan": None,
    }  # fmt: skip
    return Index(name=name, **(facts | more))


def advised(*found):
    (advice,) = invalid_indexes(found, Builds(running=frozenset(), hidden=False))
    return advice


def test_a_plain_one_is_built_again_without_doubts():
    advice = advised(index())
    assert (advice.action, advice.enough, advice.confidence) == ("rebuild", True, "high")
    assert advice.check == "nobody is building it now"
    assert "duplicates" not in advice.fix


def test_a_unique_one_fails_again_while_there_are_duplicates():
    advice = advised(index(unique=True))
    assert (advice.action, advice.enough, advice.confidence) == ("rebuild", False, "medium")
    assert "no duplicates in (a)" in advice.check
    assert "Remove the duplicates first" in advice.fix


def test_with_a_valid_twin_it_goes_and_the_twin_is_named():
    advice = advised(index(), index("twin", valid=True))
    assert (advice.action, advice.enough) == ("drop", True)
    assert "twin does its work" in advice.fix
    assert advice.undo


def test_a_unique_one_with_a_unique_twin_goes_without_a_word_about_duplicates():
    advice = advised(index(unique=True), index("twin", unique=True, valid=True))
    assert (advice.action, advice.enough) == ("drop", True)
    assert "duplicates" not in advice.check + advice.fix


def test_a_twin_that_guarantees_less_is_none():
    advice = advised(index(unique=True), index("plain", valid=True))
    assert advice.action == "rebuild"
    assert "plain" not in advice.fix + advice.reason


@pytest.mark.parametrize("name", ["i_ccnew", "i_ccold", "i_ccnew1"])
def test_what_a_reindex_left_goes_if_the_other_is_there(name):
    advice = advised(index(name))
    assert (advice.action, advice.enough) == ("drop", False)
    assert "that it was to replace is there" in advice.check
    assert "Drop it if the index is there" in advice.fix
