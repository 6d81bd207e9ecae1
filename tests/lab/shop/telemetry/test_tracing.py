"""Spans of requests, statements and calls, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SHOP = """
import asyncio, pathlib, sys
import httpx
from sqlalchemy import create_engine, text
from perfkit.lab.shop.app import create_app
from perfkit.lab.shop.state import Settings
from perfkit.lab.shop.telemetry.tracing import trace_to

async def main(path):
    app = create_app(Settings("postgresql+psycopg://x@127.0.0.1:1/x", {"payments": "http://p"}))
    shop = app.state.shop
    engine = create_engine("sqlite://")
    type(shop).engines = property(lambda _: [engine])
    shop.client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(204)))
    provider = trace_to(path, app, excluded=("/healthz",))

    @app.get("/all/{number}")
    async def everything(number: int) -> dict[str, int]:
        with shop.tracer.start_as_current_span("own work"), engine.connect() as connection:
            connection.execute(text("select 1 where 1 = :n"), {"n": number})
        await shop.client.get("http://payments/charge")
        return {}

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for path in ("/healthz", "/all/7", "/all/8"):
            assert (await client.get(path)).status_code == 200
    provider.force_flush()
    await shop.close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def spans(tmp_path_factory):
    path = tmp_path_factory.mktemp("traces") / "traces.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", SHOP, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        span
        for line in path.read_text().splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def named(spans, text):
    return [span for span in spans if text in span["name"]]


def test_each_request_is_one_trace_and_the_excluded_path_is_none(spans):
    assert len({span["traceId"] for span in spans}) == 2
    assert len(named(spans, "/all/{number}")) == 2
    assert named(spans, "healthz") == []


def test_sending_the_answer_is_no_span(spans):
    assert named(spans, "http send") == []
    assert named(spans, "http receive") == []


def test_a_statement_an_own_span_and_a_call_stand_below_their_request(spans):
    for trace in {span["traceId"] for span in spans}:
        mine = {span["spanId"]: span for span in spans if span["traceId"] == trace}
        (root,) = [span for span in mine.values() if not span.get("parentSpanId")]
        assert "/all/{number}" in root["name"]
        (own,) = named(mine.values(), "own work")
        (statement,) = named(mine.values(), "select")
        assert own["parentSpanId"] == root["spanId"]
        assert statement["parentSpanId"] == own["spanId"]
        calls = [span for span in mine.values() if "payments" in json.dumps(span)]
        assert [span["parentSpanId"] for span in calls] == [root["spanId"]]


def test_values_of_statements_are_not_recorded(spans):
    text = json.dumps(named(spans, "select"))
    assert "select 1 where 1 = ?" in text
