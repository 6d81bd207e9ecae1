"""Both ways to write an export give the same JSON for any row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from perfkit.lab.shop.routes.export import encode_in_layers, encode_once


class Row(NamedTuple):
    """A row as the database returns it."""

    id: int
    user_id: int
    status: str
    total_cents: int
    created_at: datetime


ROWS = st.lists(
    st.builds(
        Row,
        id=st.integers(1, 10**12),
        user_id=st.integers(1, 10**9),
        status=st.text(),
        total_cents=st.integers(-(10**9), 10**9),
        created_at=st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    max_size=5,
)


@given(ROWS)
def test_the_fault_and_its_twin_write_the_same_orders(rows):
    fast, slow = (json.loads(encode(rows)) for encode in (encode_once, encode_in_layers))
    for one in (*fast, *slow):
        one["created_at"] = datetime.fromisoformat(one["created_at"])
    assert fast == slow
    assert [one["id"] for one in fast] == [row.id for row in rows]
    assert [one["created_at"] for one in fast] == [row.created_at for row in rows]


def test_an_order_is_shown_with_its_amount_in_euros():
    row = Row(1, 2, "paid", 399, datetime(2026, 1, 1, tzinfo=UTC))
    (one,) = json.loads(encode_once([row]))
    assert one["total"] == {"cents": 399, "currency": "EUR"}


def test_no_orders_are_an_empty_list():
    assert encode_once([]) == encode_in_layers([]) == b"[]"
