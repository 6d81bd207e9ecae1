"""Three tiles: all at once, or one after the other with the fault."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from perfkit.lab.shop.faults import Faults
from perfkit.lab.shop.routes.dashboard import TILES, dashboard
from perfkit.lab.shop.state import Settings, Shop

SERVICES = {name: f"http://{name}" for name in TILES}


@pytest.fixture
def shown():
    """Show the dashboard; return its answer and how many calls were open at once."""

    def show(faults=(), statuses=()):
        open_now, most, asked = 0, 0, []

        async def answer(request):
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            asked.append(str(request.url))
            await asyncio.sleep(0.01)
            open_now -= 1
            return httpx.Response(dict(statuses).get(request.url.host, 200))

        async def run():
            shop = Shop(Settings("postgresql+psycopg://x@127.0.0.1:1/x", SERVICES))
            await shop.client.aclose()
            shop.client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
            shop.faults = Faults(faults)
            try:
                return await dashboard(shop)
            finally:
                await shop.close()

        return asyncio.run(run()), most, asked

    return show


def test_tiles_are_asked_for_all_at_once(shown):
    answer, at_once, asked = shown()
    assert answer == dict.fromkeys(TILES, 200)
    assert at_once == len(TILES)
    assert sorted(asked) == sorted(SERVICES[name] + path for name, path in TILES.items())


def test_with_the_fault_one_waits_for_the_other(shown):
    answer, at_once, asked = shown({"sequential_calls"})
    assert answer == dict.fromkeys(TILES, 200)
    assert at_once == 1
    assert len(asked) == len(TILES)


@pytest.mark.parametrize("faults", [(), ("sequential_calls",)])
def test_a_service_that_fails_is_shown_at_its_own_tile(shown, faults):
    answer, _, _ = shown(faults, {"shipping": 503})
    assert answer == {"inventory": 200, "shipping": 503, "recommendations": 200}
