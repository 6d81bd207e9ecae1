"""The models are the tables that the server really has."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import perfkit.lab
from perfkit.lab.shop.models import Base, Order, OrderItem, User


def test_the_models_are_those_of_the_shop():
    assert set(Base.metadata.tables) == {"users", "orders", "order_items"}


@pytest.mark.lab
def test_columns_keys_and_references_are_those_of_the_database():
    with perfkit.lab.start(scale=0.02) as lab:
        found = sa.inspect(lab.engine)
        for name, table in Base.metadata.tables.items():
            real = {one["name"]: one for one in found.get_columns(name)}
            assert set(real) == {column.name for column in table.columns}
            for column in table.columns:
                assert real[column.name]["nullable"] == column.nullable
                kind = real[column.name]["type"]
                assert kind.python_type is column.type.python_type
            assert found.get_pk_constraint(name)["constrained_columns"] == ["id"]
            references = {
                (key["constrained_columns"][0], key["referred_table"])
                for key in found.get_foreign_keys(name)
            }
            assert references == {
                (key.parent.name, key.column.table.name) for key in table.foreign_keys
            }


@pytest.mark.lab
def test_an_order_is_stored_with_its_items_and_found_again():
    with perfkit.lab.start(scale=0.02) as lab, sa.orm.Session(lab.engine) as session:
        item = OrderItem(product_id=7, quantity=2, price_cents=199)
        user = session.get_one(User, 1)
        now = session.scalar(sa.select(sa.func.now()))
        order = Order(user_id=user.id, status="paid", total_cents=398, created_at=now, items=[item])
        session.add(order)
        session.flush()
        assert order.id > 10_000
        session.expire_all()
        assert [one.quantity for one in session.get_one(Order, order.id).items] == [2]
        session.rollback()
