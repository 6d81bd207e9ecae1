"""The shop as a FastAPI application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from perfkit.lab.shop.routes import (
    checkout,
    control,
    dashboard,
    export,
    orders,
    report,
    search,
    users,
)
from perfkit.lab.shop.state import Settings, Shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["create_app"]

# ``search`` before ``orders``: paths are tried in order.
ROUTES = (search, orders, checkout, report, dashboard, export, users, control)
#: Only this machine's names: a page in a browser cannot reach the shop through DNS rebinding.
HOSTS = ["127.0.0.1", "localhost"]


def create_app(settings: Settings) -> FastAPI:
    """Return the shop for ``settings``, without telemetry; its `Shop` is ``app.state.shop``."""
    app = FastAPI(title="perfkit demo shop", lifespan=_lifespan, openapi_url=None)
    app.state.shop = Shop(settings)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    for module in ROUTES:
        app.include_router(module.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    # here, because the server ends the process by the signal that asked it to
    await asyncio.to_thread(app.state.shop.flush)
    await app.state.shop.close()
