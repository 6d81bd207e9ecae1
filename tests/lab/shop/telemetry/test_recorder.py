"""Everything the shop writes about itself, written by a real shop in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import perfkit

SHOP = """
import asyncio, pathlib, sys
import httpx
from perfkit.lab.shop.app import create_app
from perfkit.lab.shop.state import Settings
from perfkit.lab.shop.telemetry.recorder import record_to

async def main(folder):
    app = create_app(Settings("postgresql+psycopg://x@127.0.0.1:1/x", {}))
    watch = record_to(folder, app)
    watch.start()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        await client.get("/healthz")
        await client.get("/report")
        await client.post("/_lab/faults", json={"blocking_call": True})
        for _ in range(3):
            await client.get("/report", params={"q": "<&"})
            await asyncio.sleep(0.1)
        await client.get("/users/1")
        await client.get("/nowhere")
        await client.post("/_lab/flush")
    watch.stop()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("telemetry")
    done = subprocess.run(
        [sys.executable, "-c", SHOP, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_three_files_are_written(folder):
    names = {path.name for path in folder.iterdir()}
    assert names == {"requests.jsonl", "traces.jsonl", "pool.jsonl"}


def test_every_request_is_a_line_and_the_labs_own_are_none(folder):
    served = [one for one in rows(folder / "requests.jsonl") if one["event"] == "request_finished"]
    assert [(one["path"], one["status"]) for one in served] == [
        *[("/report", 200)] * 4,
        ("/users/1", 500),
        ("/nowhere", 404),
    ]
    assert served[4]["route"] == "/users/{user_id}"
    assert served[4]["level"] == "error"
    assert all(one["duration_ms"] >= 80 for one in served[:4])


def test_a_blocked_loop_is_noticed_with_its_code_and_route(folder):
    blocks = [one for one in rows(folder / "requests.jsonl") if one["event"] == "blocked_loop"]
    assert 1 <= len(blocks) <= 3
    assert all(one["duration_ms"] >= 50 for one in blocks)
    assert {one["route"] for one in blocks} == {"/report"}
    assert all("report:render" in one["stack"] for one in blocks)


def test_requests_and_traces_name_the_same_traces(folder):
    rec = perfkit.load(folder)
    logged = {
        one["trace_id"]
        for one in rows(folder / "requests.jsonl")
        if one["event"] == "request_finished"
    }
    traced = set(rec.arrow("spans")["trace_id"].to_pylist())
    assert len(logged) == 6
    assert logged <= traced


def test_perfkit_reads_what_the_shop_writes_without_a_rejected_line(folder):
    rec = perfkit.load(folder)
    assert sum(source.rejected for source in rec.inputs) == 0
    assert rec.arrow("events").num_rows >= 1
    assert set(rec.arrow("spans")["service"].to_pylist()) == {"shop"}
    assert not any("healthz" in (name or "") for name in rec.arrow("spans")["name"].to_pylist())
