"""GET /dashboard: three services on one page. Fault: one after the other."""

import asyncio

from fastapi import APIRouter

from perfkit.lab.shop.state import Shop, ShopDependency

router = APIRouter()

TILES = {"inventory": "/stock", "shipping": "/quotes", "recommendations": "/items"}


@router.get("/dashboard")
async def dashboard(shop: ShopDependency) -> dict[str, int]:
    """Return the state of each tile; the tiles do not depend on each other."""
    if "sequential_calls" in shop.faults:
        return {service: await tile(shop, service) for service in TILES}
    statuses = await asyncio.gather(*(tile(shop, service) for service in TILES))
    return dict(zip(TILES, statuses, strict=True))


async def tile(shop: Shop, service: str) -> int:
    """Ask one service; return the status of its answer."""
    answer = await shop.client.get(shop.settings.peers[service] + TILES[service])
    return answer.status_code
