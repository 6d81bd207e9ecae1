"""The lab's own endpoints, absent from all telemetry: health, faults, work, flush."""

import asyncio

from fastapi import APIRouter, HTTPException

from perfkit.errors import UsageError
from perfkit.lab.shop.routes.search import apply_missing_index
from perfkit.lab.shop.state import ShopDependency

router = APIRouter(include_in_schema=False)

#: Paths that leave no trace in the recordings, as OpenTelemetry's ``excluded_urls`` wants them.
EXCLUDED = ("/healthz", "/_lab/")


@router.get("/healthz")
async def health(shop: ShopDependency) -> dict[str, str | int]:
    """Say that the shop answers, and how many rows it was filled with."""
    sizes = shop.settings.sizes
    return {"status": "ok", "users": sizes.users, "orders": sizes.orders}


@router.get("/_lab/faults")
async def get_faults(shop: ShopDependency) -> dict[str, bool]:
    """Return every fault with its state."""
    return shop.faults.states()


@router.post("/_lab/faults")
async def set_faults(shop: ShopDependency, states: dict[str, bool]) -> dict[str, bool]:
    """Switch the named faults; those not named stay as they are."""
    try:
        shop.faults.switch(states)
    except UsageError as error:
        raise HTTPException(422, str(error)) from error
    if "missing_index" in states:
        await apply_missing_index(shop.export_engine, missing=states["missing_index"])
    return shop.faults.states()


@router.get("/_lab/work")
async def get_work(shop: ShopDependency) -> dict[str, float]:
    """Return how long each piece of the shop's own work takes."""
    return shop.work.values()


@router.post("/_lab/work")
async def set_work(shop: ShopDependency, values: dict[str, float]) -> dict[str, float]:
    """Set the named durations; those not named stay as they are."""
    try:
        shop.work.change(values)
    except UsageError as error:
        raise HTTPException(422, str(error)) from error
    return shop.work.values()


@router.post("/_lab/flush", status_code=204)
async def flush(shop: ShopDependency) -> None:
    """Write every span and line that is still in memory."""
    await asyncio.to_thread(shop.flush)
