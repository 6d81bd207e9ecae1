"""The tables behind a pool's picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.pool import pool
from perfkit.analyses.pools.holders import SCHEMA
from perfkit.analyses.pools.series import tables

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(ms):
    return START + timedelta(milliseconds=ms)


def checkout(start, wait=0.0, hold=50.0, name="p"):
    return {
        "pool": name,
        "requested_at": at(start),
        "acquired_at": at(start + wait),
        "released_at": at(start + wait + hold),
        "wait_ms": wait,
        "hold_ms": hold,
        "stack": "a:b:1",
    }


@pytest.fixture(scope="session")
def drawn(built):
    return lambda *rows, samples=(): pool(built(checkouts=rows, pool_samples=samples)).series


def test_no_pool_is_three_empty_tables_with_their_columns():
    empty = tables([])
    assert {name: one.num_rows for name, one in empty.items()} == {
        "stacks": 0,
        "state": 0,
        "waits": 0,
    }
    assert empty["stacks"].schema.equals(SCHEMA)
    assert empty["waits"].column_names == ["pool", "at", "wait_ms", "hold_ms"]
    assert empty["state"].column_names == ["pool", "at", "in_use", "waiting", "size"]


def test_a_real_pool_has_the_same_columns_as_none(drawn):
    empty = tables([])
    for name, one in drawn(checkout(0), checkout(10, 40.0)).items():
        assert one.schema.equals(empty[name].schema)


def test_every_wait_is_a_row_at_the_moment_it_was_asked_for(drawn):
    waits = drawn(checkout(0), checkout(10, 40.0)).get("waits").to_pandas()
    assert waits["wait_ms"].tolist() == [0.0, 40.0]
    seconds = (waits["at"] - waits["at"].min()).dt.total_seconds()
    assert seconds.tolist() == pytest.approx([0.0, 0.01], abs=1e-6)


def test_the_state_ends_with_an_empty_pool_and_knows_its_size(drawn):
    samples = [{"pool": "p", "at": at(0), "max_size": 5}]
    state = drawn(checkout(0), checkout(10, 40.0), samples=samples)["state"].to_pandas()
    assert (state["in_use"].iloc[-1], state["waiting"].iloc[-1]) == (0, 0)
    assert set(state["size"]) == {5.0}
    assert state["at"].is_monotonic_increasing


def test_pools_stand_behind_each_other(drawn):
    series = drawn(checkout(0, name="b"), checkout(0, name="a"), checkout(9, name="b"))
    assert series["waits"]["pool"].to_pylist() == ["a", "b", "b"]
    assert series["stacks"]["pool"].to_pylist() == ["a", "b"]


def test_a_wait_without_a_moment_cannot_be_drawn(drawn):
    unknown = {"pool": "p", "wait_ms": 9.0}
    assert drawn(checkout(0), unknown)["waits"].num_rows == 1
