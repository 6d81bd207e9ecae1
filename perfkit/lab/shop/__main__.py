"""Run the shop as a child of the lab: ``python -m perfkit.lab.shop CONFIG``.

CONFIG is a JSON object with ``url``, ``peers``, ``sizes``, ``directory`` (for the telemetry) and
``ready`` (the file that tells the port once it is known).
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from perfkit.lab.shop import child
from perfkit.lab.shop.app import create_app
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.state import Settings
from perfkit.lab.shop.telemetry.recorder import record_to


def listen() -> socket.socket:
    """Return a socket on a free port of 127.0.0.1.

    The protocol is named because asyncio switches Nagle's algorithm off only then;
    with it, every small answer would take 40 ms longer.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


async def serve(config: dict[str, Any]) -> None:
    """Serve on a free port of 127.0.0.1 until asked to end."""
    app = create_app(Settings(config["url"], config["peers"], Sizes(**config["sizes"])))
    watch = record_to(Path(config["directory"]), app)
    listener = listen()
    port = listener.getsockname()[1]
    child.report(Path(config["ready"]), {"url": f"http://127.0.0.1:{port}"})
    # What was imported stays: full collections would walk it for longer than a request takes.
    gc.collect()
    gc.freeze()
    watch.start()
    server = uvicorn.Server(
        uvicorn.Config(app, access_log=False, log_level="warning", timeout_graceful_shutdown=2)
    )
    await server.serve(sockets=[listener])
    watch.stop()


if __name__ == "__main__":
    child.end_with_parent()
    asyncio.run(serve(json.loads(sys.argv[1])))
