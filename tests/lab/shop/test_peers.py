"""The services around the shop answer after known delays."""

import asyncio
import socket
import time

import httpx
import pytest

from perfkit.lab.shop.peers import DELAYS_MS, serve


async def timed(client, url):
    started = time.perf_counter()
    answer = await client.get(url)
    return answer, (time.perf_counter() - started) * 1000


@pytest.mark.parametrize("name", sorted(DELAYS_MS))
def test_a_service_answers_after_its_delay(name):
    async def run():
        servers, urls = await serve()
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(urls[name])
            times = [await timed(client, urls[name]) for _ in range(3)]
        for server in servers:
            server.close()
        return times

    times = asyncio.run(run())
    assert {answer.status_code for answer, _ in times} == {200}
    fastest = min(elapsed for _, elapsed in times)
    assert DELAYS_MS[name] - 2 <= fastest < DELAYS_MS[name] + 30


def test_many_customers_are_served_at_once():
    async def run():
        servers, urls = await serve()
        async with httpx.AsyncClient(trust_env=False) as client:
            started = time.perf_counter()
            url = urls["payments"]
            answers = await asyncio.gather(*(client.post(url, json={}) for _ in range(30)))
            elapsed = time.perf_counter() - started
        for server in servers:
            server.close()
        return answers, elapsed

    answers, elapsed = asyncio.run(run())
    assert {answer.status_code for answer in answers} == {200}
    assert elapsed < 30 * DELAYS_MS["payments"] / 1000 / 4


@pytest.mark.parametrize(
    "nonsense",
    [b"\x00" * 200, b"GET / HTTP/1.1\r\ncontent-length: many\r\n\r\n", b"x" * 200_000, b"GET"],
)
def test_nonsense_ends_its_own_connection_only(nonsense):
    async def run():
        servers, urls = await serve()
        port = int(urls["inventory"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.setblocking(False)
            await asyncio.get_running_loop().sock_sendall(line, nonsense)
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(urls["inventory"])
        for server in servers:
            server.close()
        return answer

    assert asyncio.run(run()).json() == {"ok": True}
