"""POST /checkout: pay, then store an order. Fault: the connection is held while paying."""

import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from perfkit.lab.shop.models import Order, OrderItem, User
from perfkit.lab.shop.state import Shop, ShopDependency

router = APIRouter()


class Basket(BaseModel):
    """What is bought."""

    user_id: int
    product_id: int
    quantity: Annotated[int, Field(ge=1, le=100)] = 1


@router.post("/checkout", status_code=201)
def checkout(shop: ShopDependency, basket: Basket) -> dict[str, int]:
    """Charge the customer and store the order."""
    if "pool_starvation" in shop.faults:
        with Session(shop.checkout_engine) as session, session.begin():
            session.execute(select(User.email).where(User.id == basket.user_id))
            charge(shop)
            return {"order_id": store(session, basket)}
    charge(shop)
    with Session(shop.checkout_engine) as session, session.begin():
        session.execute(select(User.email).where(User.id == basket.user_id))
        return {"order_id": store(session, basket)}


def charge(shop: Shop) -> None:
    """Look at the customer, then ask the payment service, which takes its time."""
    time.sleep(shop.work.seconds("fraud_check_ms"))
    shop.sync_client.post(f"{shop.settings.peers['payments']}/charge").raise_for_status()


def store(session: Session, basket: Basket) -> int:
    """Insert the order with its one item; return its id."""
    price = 199 + basket.product_id
    order = insert(Order).values(
        user_id=basket.user_id,
        status="pending",
        total_cents=price * basket.quantity,
        created_at=func.now(),
    )
    order_id = session.scalars(order.returning(Order.id)).one()
    item = {"product_id": basket.product_id, "quantity": basket.quantity, "price_cents": price}
    session.execute(insert(OrderItem).values(order_id=order_id, **item))
    return order_id
