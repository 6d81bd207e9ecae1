"""The verb: statistics, failures, errors, and Python code timed alike."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

from perfkit.errors import UsageError
from perfkit.tasks.timeapi import time_code, timeapi, timeapi_async


class Handler(BaseHTTPRequestHandler):
    """Answers; every third request of ``/flaky`` fails."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    count = 0

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        type(self).count += 1
        bad = self.path.startswith("/flaky") and type(self).count % 3 == 0
        self.send_response(500 if bad else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def server():
    Handler.count = 0
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join(5)


def test_the_table_has_the_promised_columns_and_agrees_with_the_samples(server):
    found = timeapi(f"GET {server}/orders?token=s3cret", n=100)
    promised = "name requests failures rate_per_s mean_ms p50_ms p90_ms p95_ms p99_ms max_ms"
    assert list(found.table.columns[:10]) == promised.split()
    row, times = found.table.iloc[0], found.samples["duration_ms"].to_numpy()
    assert (row["name"], row["requests"], row["failures"]) == ("GET /orders", 100, 0)
    assert row["p95_ms"] == pytest.approx(np.quantile(times, 0.95))
    assert row["mean_ms"] == pytest.approx(times.mean())
    assert row["max_ms"] == times.max()
    assert 0 < row["rate_per_s"] <= 1000 / times.mean()
    assert isinstance(found.samples, pd.DataFrame)
    assert len(found.samples) == 100
    assert "s3cret" not in json.dumps(found.to_dict()) + found.to_text() + found.to_html()


def test_a_percentile_of_too_few_samples_has_a_value_but_no_interval(server):
    row = timeapi(f"GET {server}/orders", n=50).to_dict()["requests"][0]
    assert row["p50_low_ms"] <= row["p50_ms"] <= row["p50_high_ms"]
    assert row["p99_ms"] > 0
    assert row["p99_low_ms"] is None


def test_failures_are_counted_by_kind_and_left_out_of_the_times(server):
    found = timeapi(f"GET {server}/flaky", n=30, warmup=0)
    assert found.table.loc[0, "failures"] == 10
    assert found.caveats == ("failed: 10 x HTTP 500; times are of the requests that succeeded",)


def test_a_server_on_the_same_loop_can_be_timed():
    async def run():
        async def answer(reader, writer):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()

        def ended(reader, writer):
            return asyncio.ensure_future(_until_closed(answer(reader, writer), writer))

        server = await asyncio.start_server(ended, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = await timeapi_async(f"GET http://127.0.0.1:{port}/", n=20)
        server.close()
        await server.wait_closed()
        return found

    async def _until_closed(work, writer):
        try:
            await work
        except asyncio.IncompleteReadError:
            writer.close()

    assert asyncio.run(run()).table.loc[0, "failures"] == 0


def test_code_is_timed_with_the_same_statistics():
    calls = []
    found = time_code(lambda: (calls.append(1), time.sleep(0.002)), n=20, warmup=3, name="nap")
    assert len(calls) == 23
    assert found.table.loc[0, "name"] == "nap"
    assert 2 <= found.table.loc[0, "p50_ms"] < 10
    assert "calls" in found.to_dict()


def test_what_the_code_raises_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        time_code(lambda: 1 / 0)


def test_an_interrupt_is_passed_on(server, monkeypatch):
    from perfkit.probes.http_wire import Client

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "exchange", interrupted)
    with pytest.raises(KeyboardInterrupt):
        timeapi(f"GET {server}/orders")


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 10**9}, {"warmup": -1}, {"timeout": 0}])
def test_numbers_that_make_no_sense_are_refused(bad):
    with pytest.raises(UsageError, match="timeapi: "):
        timeapi("GET http://127.0.0.1:1/", **bad)
