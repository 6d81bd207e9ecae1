"""GET /export: 3,000 orders as JSON. Fault: three layers of conversion for every row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from sqlalchemy import select

from perfkit.lab.shop.models import Order
from perfkit.lab.shop.state import Shop, ShopDependency

router = APIRouter()

ROWS = 3000


class Money(BaseModel):
    """An amount with its currency."""

    cents: int
    currency: str = "EUR"


class ExportedOrder(BaseModel):
    """An order as the export shows it."""

    id: int
    user_id: int
    status: str
    total: Money
    created_at: datetime


@router.get("/export")
def export(shop: ShopDependency, cursor: int) -> Response:
    """Return the 3,000 orders up to the id ``cursor``."""
    rows = fetch(shop, cursor)
    encode = encode_in_layers if "slow_serialization" in shop.faults else encode_once
    with shop.tracer.start_as_current_span("serialize export"):
        return Response(encode(rows), media_type="application/json")


def fetch(shop: Shop, cursor: int) -> Sequence[Any]:
    """Return the rows: id, user_id, status, total_cents, created_at."""
    columns = (Order.id, Order.user_id, Order.status, Order.total_cents, Order.created_at)
    query = select(*columns).where(Order.id <= cursor).order_by(Order.id.desc()).limit(ROWS)
    with shop.export_engine.connect() as connection:
        return connection.execute(query).all()


def encode_once(rows: Sequence[Any]) -> bytes:
    """Encode the rows directly."""
    return msgspec.json.encode(
        [
            {
                "id": row.id,
                "user_id": row.user_id,
                "status": row.status,
                "total": {"cents": row.total_cents, "currency": "EUR"},
                "created_at": row.created_at,
            }
            for row in rows
        ]
    )


def encode_in_layers(rows: Sequence[Any]) -> bytes:
    """Make models of the rows, plain values of the models, and JSON of the values."""
    models = [
        ExportedOrder(
            id=row.id,
            user_id=row.user_id,
            status=row.status,
            total=Money(cents=row.total_cents),
            created_at=row.created_at,
        )
        for row in rows
    ]
    return msgspec.json.encode(jsonable_encoder(models))
