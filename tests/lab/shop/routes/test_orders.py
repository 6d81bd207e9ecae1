"""One page of orders: a walk along the primary key, with or without one query per order."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy.dialects import postgresql

from perfkit.lab.shop.routes.orders import PAGE, as_json, page

ORDER = SimpleNamespace(id=7, status="paid", total_cents=399)


def test_the_page_is_read_along_the_key_and_the_cursor_is_bound():
    compiled = page(123_456).compile(dialect=postgresql.dialect())
    assert "ORDER BY orders.id DESC" in str(compiled)
    assert "123456" not in str(compiled)
    assert set(compiled.params.values()) == {123_456, PAGE}


def test_an_order_is_shown_with_its_items_and_nothing_private():
    item = SimpleNamespace(product_id=3, quantity=2, price_cents=199, order_id=7)
    assert as_json(ORDER, [item, item]) == {
        "id": 7,
        "status": "paid",
        "total_cents": 399,
        "items": [{"product_id": 3, "quantity": 2}] * 2,
    }
    assert as_json(ORDER, [])["items"] == []


@pytest.mark.lab
@pytest.mark.parametrize(("fault", "most"), [(True, PAGE), (False, 1)])
def test_only_the_fault_asks_for_the_items_of_each_order(lab, client, fault, most):
    lab.set_faults(all=False, n_plus_one=fault)
    with lab.engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
    assert len(client.get("/orders?cursor=5000").json()) == PAGE
    lab.set_faults(all=False)
    with lab.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select calls from pg_stat_statements where query ilike '%%order_items%%'"
            " and query not ilike '%%pg_stat%%'"
        )
        calls = [row.calls for row in rows]
    assert sum(calls) == most
