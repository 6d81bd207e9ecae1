"""What one running shop holds: engines, HTTP clients, faults, the length of its work."""

# FastAPI reads the annotations of handlers at run time, hence no postponed ones here.
from collections.abc import Callable  # noqa: TC003 - see above
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request
from opentelemetry.trace import NoOpTracer, Tracer
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from perfkit.lab.shop.faults import Faults
from perfkit.lab.shop.schema import ROLE, Sizes
from perfkit.lab.shop.work import Work

__all__ = ["CHECKOUT_POOL_SIZE", "Settings", "Shop", "ShopDependency"]

CHECKOUT_POOL_SIZE = 5
PEER_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the shop finds its database and its peers.

    ``url`` is SQLAlchemy's URL of the database; ``peers`` maps a service to its base URL.
    """

    url: str
    peers: dict[str, str]
    sizes: Sizes = field(default_factory=lambda: Sizes.at(1.0))


class Shop:
    """The shop's resources; nothing is connected before the first request."""

    def __init__(self, settings: Settings) -> None:
        """Prepare engines and clients for ``settings``."""
        self.settings = settings
        self.faults = Faults()
        self.work = Work()
        url = make_url(settings.url).set(username=ROLE)
        options: dict[str, Any] = {"connect_args": {"application_name": "shop"}}
        self.engine: AsyncEngine = create_async_engine(
            url, pool_size=10, max_overflow=10, **options
        )
        self.checkout_engine: Engine = create_engine(
            url, pool_size=CHECKOUT_POOL_SIZE, max_overflow=0, **options
        )
        self.export_engine: Engine = create_engine(url, pool_size=2, max_overflow=2, **options)
        self.session: async_sessionmaker[AsyncSession] = async_sessionmaker(self.engine)
        # trust_env: a proxy of the machine must not come between the shop and its peers.
        self.client = httpx.AsyncClient(timeout=PEER_TIMEOUT_S, trust_env=False)
        self.sync_client = httpx.Client(timeout=PEER_TIMEOUT_S, trust_env=False)
        #: Records nothing unless `perfkit.lab.shop.telemetry.tracing` replaces it.
        self.tracer: Tracer = NoOpTracer()
        #: Called by ``POST /_lab/flush``.
        self.flush: Callable[[], object] = bool

    @property
    def engines(self) -> list[Engine]:
        """Every engine, as the synchronous ones that instrumentations take."""
        return [self.engine.sync_engine, self.checkout_engine, self.export_engine]

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()
        self.sync_client.close()
        await self.engine.dispose()
        self.checkout_engine.dispose()
        self.export_engine.dispose()


async def shop_of(request: Request) -> Shop:
    """Return the shop that serves ``request``."""
    shop: Shop = request.app.state.shop
    return shop


ShopDependency = Annotated[Shop, Depends(shop_of)]
