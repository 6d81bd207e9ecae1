"""GET /orders: the latest orders with their items. Fault: one query per order."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from perfkit.lab.shop.models import Order
from perfkit.lab.shop.state import ShopDependency

router = APIRouter()

PAGE = 40


@router.get("/orders")
async def list_orders(shop: ShopDependency, cursor: int) -> list[dict[str, Any]]:
    """Return the 40 orders up to the id ``cursor``, newest first."""
    async with shop.session() as session:
        if "n_plus_one" in shop.faults:
            orders = (await session.scalars(page(cursor))).all()
            return [as_json(order, await order.awaitable_attrs.items) for order in orders]
        orders = (await session.scalars(page(cursor).options(selectinload(Order.items)))).all()
        return [as_json(order, order.items) for order in orders]


def page(cursor: int) -> Select[Order]:
    """Return the query for one page; it walks the primary key."""
    return select(Order).where(Order.id <= cursor).order_by(Order.id.desc()).limit(PAGE)


def as_json(order: Order, items: list[Any]) -> dict[str, Any]:
    """Return an order with its items as JSON values."""
    return {
        "id": order.id,
        "status": order.status,
        "total_cents": order.total_cents,
        "items": [{"product_id": item.product_id, "quantity": item.quantity} for item in items],
    }
