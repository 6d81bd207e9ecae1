"""The lab: an embedded PostgreSQL and a demo shop whose faults can be switched on.

>>> import perfkit.lab                              # doctest: +SKIP
>>> lab = perfkit.lab.start()                       # doctest: +SKIP
>>> story = lab.record("incident")                  # doctest: +SKIP
>>> perfkit.load("incident")                        # doctest: +SKIP

Everything runs on this machine, without root and without a fixed port, and is
deleted when the last holder lets it go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.lab.lab import Lab
    from perfkit.lab.server import LabStatus

__all__ = ["start", "status", "stop"]


def start(*, scale: float = 1.0, shop: bool = True) -> Lab:
    """Start the lab or join the running one; see `perfkit.lab.lab.start`."""
    from perfkit.lab import lab

    return lab.start(scale=scale, shop=shop)


def stop() -> bool:
    """Stop the lab for everybody; say whether there was one."""
    from perfkit.lab import server

    return server.stop()


def status() -> LabStatus:
    """Return what runs; starts nothing."""
    from perfkit.lab import server

    return server.status()
