"""The process that owns a lab: PostgreSQL, the demo shop, and the clients' leases.

Started detached by :mod:`perfkit.lab.server`, with the standard library only. It
answers JSON lines on its control socket::

    {"do": "lease"}    this connection now keeps the lab running
    {"do": "status"}   {"do": "stop"}
    {"do": "spawn", "name": "shop", "argv": [...], "env": {...}}
    {"do": "kill", "name": "shop"}

with ``{"ok": true, ...}`` or ``{"ok": false, "error": "...", "hint": "..."}``. When
the last lease ends, by whatever cause, everything is stopped and deleted.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.errors import LabError
from perfkit.lab import binaries, identity
from perfkit.lab.cluster import Cluster, choose_root, recover
from perfkit.lab.control import Control
from perfkit.lab.state import Home

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOCK_PATIENCE_S = 1.0


def main(arguments: list[str]) -> None:
    """Run the lab in the folder ``arguments[0]``; ``volatile`` may follow it.

    One line of JSON on standard output says how the start went.
    """
    _detach()
    for signum in _SIGNALS:
        signal.signal(signum, lambda *_: sys.exit(0))
    home = Home(Path(arguments[0]), volatile="volatile" in arguments[1:])
    try:
        supervise(home, _report)
    except LabError as error:
        _report({"ok": False, "error": error.message, "hint": error.hint})
    except OSError as error:
        _report({"ok": False, "error": f"perfkit lab: {error}", "hint": ""})


def supervise(home: Home, report: Callable[[dict[str, object]], None]) -> None:
    """Own the lab of ``home`` until nobody needs it; return at once if another does.

    Raises:
        LabError: there is no PostgreSQL, or it does not start.
    """
    try:
        lock = home.take_lock(_LOCK_PATIENCE_S)
    except FileNotFoundError:  # a lab that ends at this moment took the folder with it
        lock = None
    if lock is None:  # the client looks again
        report({"ok": True})
        return
    # The clients' connections end with the runner: when everything is deleted.
    with asyncio.Runner() as runner:
        try:
            recover(home)
            _run(home, runner, report)
        finally:
            _ignore_signals()
            home.remove()
            os.close(lock)


def _run(home: Home, runner: asyncio.Runner, report: Callable[[dict[str, object]], None]) -> None:
    """Make the cluster, serve clients, and delete the cluster whatever happens."""
    programs = binaries.find()
    user = identity.choose(programs)
    cluster = Cluster(choose_root(home, user), programs, user)
    control = Control(home, cluster)
    try:
        cluster.create()
        cluster.start()
        runner.run(control.serve(lambda: report({"ok": True})))
    finally:
        _ignore_signals()
        control.close()


def _ignore_signals() -> None:
    """Let nothing interrupt the tidying up, which is bounded in time."""
    for signum in _SIGNALS:
        signal.signal(signum, signal.SIG_IGN)


def _detach() -> None:
    """Become nobody's child, so that no client has to wait for us."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _report(outcome: dict[str, object]) -> None:
    """Tell the client that started us; a client that is gone ends us."""
    try:
        print(json.dumps(outcome), flush=True)  # noqa: T201 - standard output is the channel
    except BrokenPipeError:
        sys.exit(0)
    finally:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


if __name__ == "__main__":
    main(sys.argv[1:])
