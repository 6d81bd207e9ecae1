"""Start the shop and its peers as children of the lab, or find them running."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError, MissingExtra
from perfkit.lab.launch import python_module
from perfkit.lab.shop.seed import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

    from perfkit.lab.server import LabServer
    from perfkit.lab.shop.schema import Sizes

__all__ = ["check_packages", "start_services", "workplace"]

PACKAGES = ("fastapi", "greenlet", "httpx", "opentelemetry", "structlog", "uvicorn")
READY_S = 60.0
POLL_S = 0.02


def check_packages() -> None:
    """Raise MissingExtra when a package that the shop needs is not installed."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MissingExtra.for_package(package, "lab", "the demo shop")


def workplace(server: LabServer) -> Path:
    """Return the shop's folder; it is private and goes away with the server."""
    folder = server.home / "shop"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def start_services(server: LabServer, sizes: Sizes) -> str:
    """Return the base URL of the shop, started unless it runs already.

    Raises:
        LabError: a child ends, or is not ready within a minute.
    """
    folder = workplace(server)
    ready = folder / "peers.json"
    peers = _child(server, "peers", ready, python_module("perfkit.lab.shop.peers", str(ready)))
    ready = folder / "shop.json"
    config = {
        "url": server.url(DATABASE),
        "peers": peers["peers"],
        "sizes": asdict(sizes),
        "directory": str(folder),
        "ready": str(ready),
    }
    command = python_module("perfkit.lab.shop", json.dumps(config))
    return str(_child(server, "shop", ready, command)["url"])


def _child(server: LabServer, name: str, ready: Path, command: list[str]) -> dict[str, Any]:
    """Start a child, or find it alive; return what it reports."""
    pid = server.spawn(name, command)
    deadline = time.monotonic() + READY_S
    while (facts := _facts(ready)).get("pid") != pid:
        if time.monotonic() > deadline or not _lives(pid):
            raise LabError(
                f"lab: {name} does not start: {_last_line(server.home / f'{name}.log')}",
                hint="perfkit.lab.stop(), then start again",
            )
        time.sleep(POLL_S)
    return facts


def _facts(ready: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(ready.read_bytes())
    except FileNotFoundError:
        return {}
    return facts


def _lives(pid: int) -> bool:
    """Say whether a process of ours lives; one that ended but was not waited for does not."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - absent on macOS
            return b") Z" not in stat.read()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return True


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it said nothing"
