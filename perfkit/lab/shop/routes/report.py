"""GET /report: a picture of the day. Fault: it is drawn inside the event loop."""

import asyncio
import time

from fastapi import APIRouter

from perfkit.lab.shop.state import ShopDependency

router = APIRouter()

RENDER_S = 0.08


@router.get("/report")
async def report(shop: ShopDependency) -> dict[str, str]:
    """Return the report, drawn by a library that does not know asyncio."""
    if "blocking_call" in shop.faults:
        return {"report": render()}
    return {"report": await asyncio.to_thread(render)}


def render() -> str:
    """Draw the report; the waiting stands for a call into such a library."""
    time.sleep(RENDER_S)
    return "a very fine picture"
