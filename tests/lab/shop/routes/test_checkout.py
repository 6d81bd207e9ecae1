"""A checkout stores one order with one item, and holds its connection only with the fault."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from perfkit.lab.shop.routes.checkout import Basket


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_a_basket_holds_one_to_a_hundred_pieces(quantity):
    with pytest.raises(ValidationError):
        Basket(user_id=1, product_id=1, quantity=quantity)
    assert Basket(user_id=1, product_id=1).quantity == 1


@pytest.mark.lab
@pytest.mark.parametrize("fault", [True, False])
def test_price_and_quantity_are_stored_with_fault_and_without(lab, client, fault):
    lab.set_faults(all=False, pool_starvation=fault)
    basket = {"user_id": 5, "product_id": 7, "quantity": 3}
    number = client.post("/checkout", json=basket).json()["order_id"]
    lab.set_faults(all=False)
    with lab.engine.connect() as connection:
        order = connection.execute(
            sa.text("select user_id, status, total_cents from orders where id = :n"), {"n": number}
        ).one()
        items = connection.execute(
            sa.text(
                "select product_id, quantity, price_cents from order_items where order_id = :n"
            ),
            {"n": number},
        ).all()
    assert tuple(order) == (5, "pending", 3 * 206)
    assert [tuple(item) for item in items] == [(7, 3, 206)]


@pytest.mark.lab
def test_a_customer_that_does_not_exist_buys_nothing(lab, client):
    with lab.engine.connect() as connection:
        before = connection.execute(sa.text("select count(*) from orders")).scalar_one()
        answer = client.post("/checkout", json={"user_id": 999_999, "product_id": 1})
        assert answer.status_code == 500
        assert connection.execute(sa.text("select count(*) from orders")).scalar_one() == before
    assert client.post("/checkout", json={"user_id": 1}).status_code == 422
