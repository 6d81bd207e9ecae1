"""GET /orders/search: a user's orders in one state. Fault: the index is missing."""

import asyncio
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Engine, select

from perfkit.lab.shop import schema
from perfkit.lab.shop.models import Order
from perfkit.lab.shop.state import ShopDependency

router = APIRouter()


@router.get("/orders/search")
async def search_orders(shop: ShopDependency, user_id: int, status: str) -> list[dict[str, Any]]:
    """Return the 20 latest orders of a user in the given state."""
    query = (
        select(Order.id, Order.total_cents, Order.created_at)
        .where(Order.user_id == user_id, Order.status == status)
        .order_by(Order.created_at.desc())
        .limit(20)
    )
    async with shop.session() as session:
        return [dict(row) for row in (await session.execute(query)).mappings()]


async def apply_missing_index(engine: Engine, *, missing: bool) -> None:
    """Drop or make the indexes of the search, as the fault ``missing_index`` says."""
    change = schema.drop_index if missing else schema.create_index
    await asyncio.to_thread(run, engine, [change(name) for name in schema.SEARCH_INDEXES])


def run(engine: Engine, statements: list[str]) -> None:
    """Run ``statements`` in one transaction; give up after 10 s on a table others hold.

    A raw connection, because a migration is not part of any request's trace.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("set local lock_timeout = '10s'")
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
    finally:
        connection.close()
