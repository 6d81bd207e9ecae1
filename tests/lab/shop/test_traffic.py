"""Customers ask only for what the shop serves, within its sizes, the same for one seed."""

from __future__ import annotations

import asyncio
import random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.lab.shop.app import create_app
from perfkit.lab.shop.routes.checkout import Basket
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.state import Settings
from perfkit.lab.shop.traffic import LONGEST_PAGE, ROUTES, STATES

each = pytest.mark.parametrize("route", ROUTES)
SIZES = st.builds(Sizes, users=st.integers(1, 10**6), orders=st.integers(1, 10**7))


def made(route, seed, sizes):
    return ROUTES[route](random.Random(seed), sizes)


@pytest.fixture(scope="module")
def app():
    return create_app(Settings("postgresql+psycopg://nobody@127.0.0.1:1/none", {}))


@each
def test_every_request_is_served_by_the_route_it_is_named_after(app, route):
    """Without database and peers the shop fails, but the right handler does."""
    request, seen = made(route, 1, Sizes.at(1.0)), []

    async def remember(scope, receive, send):
        seen.append(scope)
        await app(scope, receive, send)

    async def ask():
        transport = httpx.ASGITransport(remember, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(
                request.method, request.path, params=request.params, json=request.json
            )

    assert asyncio.run(ask()).status_code not in {404, 405, 422}
    assert f"{request.method} {seen[0]['route'].path}" == route


@each
@given(seed=st.integers(0, 2**32), sizes=SIZES)
def test_one_seed_makes_one_request(route, seed, sizes):
    assert made(route, seed, sizes) == made(route, seed, sizes)


@given(st.integers(0, 2**32), SIZES)
def test_ids_are_of_rows_that_exist(seed, sizes):
    assert 1 <= int(made("GET /users/{user_id}", seed, sizes).path.split("/")[-1]) <= sizes.users
    search = made("GET /orders/search", seed, sizes).params
    assert 1 <= search["user_id"] <= sizes.users
    assert search["status"] in STATES
    basket = Basket(**made("POST /checkout", seed, sizes).json)
    assert 1 <= basket.user_id <= sizes.users


@given(st.integers(0, 2**32), SIZES, st.sampled_from(["GET /orders", "GET /export"]))
def test_a_page_is_full_where_the_shop_has_enough_orders(seed, sizes, route):
    cursor = made(route, seed, sizes).params["cursor"]
    assert min(LONGEST_PAGE, sizes.orders) <= cursor <= sizes.orders
