"""The supervisor's side of the control socket: leases, and orders from clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError
from perfkit.lab.children import Children, Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.lab.cluster import Cluster
    from perfkit.lab.state import Home

__all__ = ["FIRST_LEASE_S", "GRACE_S", "Control"]

#: How long a new lab waits for its first client.
FIRST_LEASE_S = 30.0
#: How long a lab without clients waits for the next one.
GRACE_S = 1.5
_TICK_S = 0.25
_LONGEST_ORDER = 2**20
# What a line that is no JSON, nests too deep, or lacks or twists a field raises.
_NONSENSE = (ValueError, RecursionError, KeyError, TypeError)


class Control:
    """Answers clients, counts leases, and stops everything when nobody is left."""

    def __init__(self, home: Home, cluster: Cluster) -> None:
        """Start with no lease and no child."""
        self._home = home
        self._cluster = cluster
        self._children = Children(cluster.root)
        self._leases: set[asyncio.StreamWriter] = set()
        self._stopping = asyncio.Event()
        self._deadline = 0.0  # on the monotonic clock; counts while there is no lease
        self._since = datetime.now(UTC)
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, object]]] = {
            "status": self._status,
            "stop": self._stop,
            "spawn": self._spawn,
            "kill": self._kill,
        }

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until the last lease ends, a client says stop, or PostgreSQL dies.

        ``ready`` is called once clients can connect. Connections stay open when it
        returns, until the loop is closed: end-of-file tells a client that all is over.
        """
        server = await asyncio.start_unix_server(
            self._client, path=self._home.control, limit=_LONGEST_ORDER
        )
        self._deadline = time.monotonic() + FIRST_LEASE_S
        ready()
        await self._until_over()
        server.close()

    def close(self) -> None:
        """Stop the children and the server and delete the cluster."""
        self._home.control.unlink(missing_ok=True)
        self._children.kill_all()
        self._cluster.stop()
        self._cluster.remove()

    async def _until_over(self) -> None:
        while self._cluster.alive() and (self._leases or time.monotonic() < self._deadline):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK_S)
                return

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # ValueError: a line longer than any order of ours; such a client is left.
        # CancelledError: everything is deleted, and the loop ends.
        with contextlib.suppress(ConnectionError, ValueError, asyncio.CancelledError):
            while line := await reader.readline():
                answer = self._answer(line, writer)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        if writer in self._leases:
            self._leases.remove(writer)
            self._deadline = time.monotonic() + GRACE_S
        writer.close()

    def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, object]:
        try:
            order = json.loads(line)
            verb = order["do"]
            if verb == "lease":
                self._leases.add(writer)
                return self._status(order)
            return {"ok": True, **self._verbs[verb](order)}
        except LabError as error:
            return {"ok": False, "error": error.message, "hint": error.hint}
        except _NONSENSE as error:
            return {"ok": False, "error": f"perfkit lab: no order I know: {error!r}", "hint": ""}

    def _status(self, _: dict[str, Any]) -> dict[str, object]:
        return {
            "ok": True,
            "pid": os.getpid(),
            "postgres_pid": self._cluster.pid,
            "version": self._cluster.binaries.version,
            "origin": self._cluster.binaries.origin,
            "clients": len(self._leases),
            "since": self._since.isoformat(),
            "root": str(self._cluster.root),
            "children": self._children.alive(),
        }

    def _stop(self, _: dict[str, Any]) -> dict[str, object]:
        self._stopping.set()
        return {}

    def _spawn(self, order: dict[str, Any]) -> dict[str, object]:
        wanted = Order(order["name"], list(order["argv"]), dict(order.get("env") or {}))
        return {"pid": self._children.spawn(wanted)}

    def _kill(self, order: dict[str, Any]) -> dict[str, object]:
        return {"killed": self._children.kill(order["name"])}
