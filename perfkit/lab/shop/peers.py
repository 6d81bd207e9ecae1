"""The services the shop depends on: each answers every request after a known delay.

They run in a process of their own, so that a blocked shop does not delay them.
Each listens on its own port of 127.0.0.1, as separate hosts would.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from perfkit.lab.shop import child

__all__ = ["DELAYS_MS", "serve"]

#: service -> how long it takes to answer, in milliseconds.
DELAYS_MS: dict[str, int] = {
    "payments": 120,
    "inventory": 60,
    "shipping": 80,
    "recommendations": 100,
}

IDLE_S = 300.0


async def answer(delay_ms: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until the other side closes it."""
    try:
        while await asyncio.wait_for(read_request(reader), IDLE_S):
            await asyncio.sleep(delay_ms / 1000)
            writer.write(response(b'{"ok": true}'))
            await writer.drain()
    except (ConnectionError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        pass  # an unfinished or oversized request: its connection ends, the service goes on
    finally:
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> bool:
    """Read one request with its body; False at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(body_length(head))
    return bool(head)


def body_length(head: bytes) -> int:
    """Return the Content-Length of a request head, 0 when it has none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def response(body: bytes) -> bytes:
    """Return a whole HTTP answer."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def serve() -> tuple[list[asyncio.Server], dict[str, str]]:
    """Start every service; return the servers and their base URLs."""
    servers, urls = [], {}
    for name, delay_ms in DELAYS_MS.items():
        server = await asyncio.start_server(partial(answer, delay_ms), "127.0.0.1", 0)
        servers.append(server)
        urls[name] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    return servers, urls


async def main(ready: Path) -> None:
    """Serve until standard input closes."""
    servers, urls = await serve()
    child.report(ready, {"peers": urls})
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    child.end_with_parent()
    asyncio.run(main(Path(sys.argv[1])))
