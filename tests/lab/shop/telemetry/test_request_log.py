"""The request log, around small applications of its own."""

import asyncio
import io
import json

import httpx
import pytest
from fastapi import FastAPI, Response

from perfkit.lab.shop.telemetry.journal import journal
from perfkit.lab.shop.telemetry.request_log import RequestLog


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def client(log):
    app = FastAPI()
    app.add_middleware(RequestLog, log=journal(log), excluded=("/healthz",))

    @app.get("/healthz")
    async def health():
        return {}

    @app.get("/items/{item_id}")
    async def item(item_id: int):
        return Response(b"x" * item_id)

    @app.get("/broken")
    async def broken():
        raise RuntimeError("the shop is on fire")

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://shop"
    )


async def ask(client, *paths):
    async with client:
        return [await client.get(path) for path in paths]


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_with_route_status_and_size(client, log):
    asyncio.run(ask(client, "/items/7?token=secret"))
    (line,) = lines(log)
    assert line["event"] == "request_finished"
    assert (line["method"], line["route"], line["path"]) == ("GET", "/items/{item_id}", "/items/7")
    assert (line["status"], line["response_bytes"], line["query_count"]) == (200, 7, 0)
    assert line["trace_id"] is None
    assert "secret" not in log.getvalue()


def test_a_failing_handler_is_logged_as_an_error(client, log):
    (answer,) = asyncio.run(ask(client, "/broken"))
    (line,) = lines(log)
    assert answer.status_code == line["status"] == 500
    assert line["level"] == "error"


def test_excluded_paths_and_hostile_ones_do_not_break_the_log(client, log):
    asyncio.run(ask(client, "/healthz", '/x%0a{"event":"forged"}', "/%ff%00"))
    first, second = lines(log)
    assert first["path"] == '/x\n{"event":"forged"}'
    assert {first["route"], second["route"]} == {None}
