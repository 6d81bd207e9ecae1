"""The shop's tables in SQL."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.lab.shop.schema import (
    SEARCH_INDEXES,
    Sizes,
    create_index,
    drop_index,
    key,
    statements,
)


def test_the_default_scale_is_half_a_million_orders():
    assert Sizes.at(1.0) == Sizes(users=20_000, orders=500_000)


@given(st.floats(0.001, 20))
def test_sizes_follow_the_scale_and_nothing_is_ever_empty(scale):
    sizes = Sizes.at(scale)
    assert sizes.users >= 20
    assert sizes.orders >= 500
    assert sizes.orders == pytest.approx(25 * sizes.users, rel=0.03)


@pytest.mark.parametrize("scale", [0, 0.0009, 20.1, -1, math.nan, math.inf, -math.inf])
def test_a_scale_out_of_range_is_an_error_that_names_the_range(scale):
    with pytest.raises(UsageError, match=r"not between 0\.001 and 20"):
        Sizes.at(scale)


def test_every_number_is_filled_in():
    text = "\n".join(statements(Sizes(users=7, orders=11)))
    assert "{" not in text
    assert "generate_series(1, 7) i" in text
    assert "restart with 12" in text


def test_the_indexes_of_the_search_are_made_before_the_tables_are_shown():
    listed = statements(Sizes.at(1.0))
    commit = listed.index("commit")
    for name in SEARCH_INDEXES:
        assert listed.index(create_index(name)) < commit
        assert name in drop_index(name)
    assert listed.index("begin") < commit


def test_what_cannot_run_in_a_transaction_comes_after_it():
    listed = statements(Sizes.at(1.0))
    after = listed[listed.index("commit") + 1 :]
    assert [one.split()[0] for one in after] == ["reset", "create", "vacuum", "checkpoint"]


def test_the_key_tells_sizes_apart_and_stays_the_same_for_the_same():
    assert key(Sizes.at(1.0)) == key(Sizes.at(1.0))
    assert key(Sizes.at(1.0)) != key(Sizes.at(0.5))
    assert "20000 users, 500000 orders" in key(Sizes.at(1.0))
    assert "'" not in key(Sizes.at(1.0))  # it becomes a literal


def test_an_index_that_is_not_the_searchs_cannot_be_made():
    with pytest.raises(KeyError):
        create_index("users_pkey")
