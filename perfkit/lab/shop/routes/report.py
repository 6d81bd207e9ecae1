"""GET /report: a picture of the day. Fault: it is drawn inside the event loop."""

import asyncio
import time

from fastapi import APIRouter

from perfkit.lab.shop.state import Shop, ShopDependency

router = APIRouter()


@router.get("/report")
async def report(shop: ShopDependency) -> dict[str, str]:
    """Return the report, drawn by a library that does not know asyncio."""
    if "blocking_call" in shop.faults:
        return {"report": render(shop)}
    return {"report": await asyncio.to_thread(render, shop)}


def render(shop: Shop) -> str:
    """Draw the report; the waiting stands for a call into such a library."""
    time.sleep(shop.work.seconds("render_ms"))
    return "a very fine picture"
