"""The supervisor's named children: programs that live no longer than the server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import LabError
from perfkit.lab.processes import die_with_us, end_group

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Children", "Order"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Order:
    """What to start: ``env`` is added to the supervisor's own environment."""

    name: str
    argv: list[str]
    env: dict[str, str]

    def check(self) -> None:
        """Raise LabError when this is nothing that can be started."""
        if not _NAME.fullmatch(self.name):
            raise LabError(f"perfkit lab: {self.name!r} is no name for a child process")
        texts = [*self.argv, *self.env, *self.env.values()]
        if not self.argv or not all(isinstance(text, str) for text in texts):
            raise LabError(f"perfkit lab: {self.name}: argv and env must be texts")


class Children:
    """Starts and ends children by name; their output goes to ``<name>.log`` in ``root``."""

    def __init__(self, root: Path) -> None:
        """Start with no child."""
        self._root = root
        self._running: dict[str, tuple[Order, subprocess.Popen[bytes]]] = {}

    def spawn(self, order: Order) -> int:
        """Start a child and return its process id.

        A living child of the same name and order is returned as it is; of another
        order, it is replaced. The child's stdin is a pipe that closes with us.

        Raises:
            LabError: the order makes no sense, or the program cannot be started.
        """
        order.check()
        known = self._running.get(order.name)
        if known and known[0] == order and known[1].poll() is None:
            return known[1].pid
        self.kill(order.name)
        try:
            process = self._start(order)
        except (OSError, ValueError) as error:
            raise LabError(f"perfkit lab: {order.name}: cannot be started: {error}") from error
        self._running[order.name] = (order, process)
        return process.pid

    def kill(self, name: str) -> bool:
        """End the child ``name``; return whether there was a living one."""
        known = self._running.pop(name, None)
        if known is None:
            return False
        process = known[1]
        lived = process.poll() is None
        if process.stdin:
            process.stdin.close()
        end_group(process, signal.SIGTERM, _PATIENCE_S)
        return lived

    def kill_all(self) -> None:
        """End every child."""
        for name in list(self._running):
            self.kill(name)

    def alive(self) -> dict[str, int]:
        """Return the process ids of the children that live."""
        return {
            name: process.pid
            for name, (_, process) in self._running.items()
            if process.poll() is None
        }

    def _start(self, order: Order) -> subprocess.Popen[bytes]:
        with (self._root / f"{order.name}.log").open("ab") as output:
            return subprocess.Popen(
                order.argv,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, **order.env},
                start_new_session=True,
                preexec_fn=die_with_us(signal.SIGKILL),  # noqa: PLW1509 - we have one thread
            )
