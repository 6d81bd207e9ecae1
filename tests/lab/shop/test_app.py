"""The shop as an application, without a database: what it lets in and what it serves."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from perfkit.lab.shop.app import create_app
from perfkit.lab.shop.faults import FAULTS
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.state import Settings


@pytest.fixture
def ask():
    """Send one request to a fresh shop whose database nobody reaches."""

    def of(method, path, host="127.0.0.1:8000", **more):
        async def run():
            app = create_app(Settings("postgresql+psycopg://x@127.0.0.1:1/x", {}, Sizes(7, 9)))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client,
            ):
                return await client.request(method, path, **more)

        return asyncio.run(run())

    return of


def test_it_says_that_it_lives_and_how_large_it_is_without_its_database(ask):
    answer = ask("GET", "/healthz")
    assert answer.json() == {"status": "ok", "users": 7, "orders": 9}


@pytest.mark.parametrize("host", ["127.0.0.1:1234", "localhost", "localhost:80"])
def test_this_machines_names_are_served(ask, host):
    assert ask("GET", "/healthz", host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7:80"])
def test_other_names_are_refused_so_that_a_web_page_cannot_reach_it(ask, host):
    assert ask("GET", "/healthz", host).status_code == 400


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/redoc", "/", "/order"])
def test_nothing_else_is_served(ask, path):
    assert ask("GET", path).status_code == 404


def test_the_search_is_not_taken_for_an_order(ask):
    assert ask("GET", "/orders/search").status_code == 422


def test_faults_are_off_at_first_and_switched_by_name(ask):
    assert ask("GET", "/_lab/faults").json() == dict.fromkeys(FAULTS, False)
    switched = ask("POST", "/_lab/faults", json={"blocking_call": True}).json()
    assert [name for name, on in switched.items() if on] == ["blocking_call"]


def test_work_is_of_the_usual_length_at_first_and_changed_by_name(ask):
    usual = ask("GET", "/_lab/work").json()
    assert usual == {"render_ms": 80, "fraud_check_ms": 0, "spread": 0}
    changed = ask("POST", "/_lab/work", json={"render_ms": 60}).json()
    assert changed == usual | {"render_ms": 60}
    for wrong in ({"render_ms": -1}, {"gremlins_ms": 1}, {"render_ms": "long"}, []):
        assert ask("POST", "/_lab/work", json=wrong).status_code == 422


def test_a_database_that_is_away_is_a_failed_request_not_a_dead_shop(ask):
    assert ask("GET", "/users/1").status_code == 500


def test_every_shop_has_switches_of_its_own(ask):
    ask("POST", "/_lab/faults", json={"n_plus_one": True})
    assert ask("GET", "/_lab/faults").json()["n_plus_one"] is False
