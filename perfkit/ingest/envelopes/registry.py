"""Find the envelopes: modules of this package with a constant ``ENVELOPE``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

import perfkit.ingest.envelopes

if TYPE_CHECKING:
    from perfkit.ingest.envelopes.model import Envelope

__all__ = ["envelopes"]


@cache
def envelopes() -> tuple[Envelope, ...]:
    """Return every envelope, sorted by name."""
    package = perfkit.ingest.envelopes
    modules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    found: list[Envelope] = [
        module.ENVELOPE
        for info in modules
        if not info.ispkg and hasattr(module := importlib.import_module(info.name), "ENVELOPE")
    ]
    return tuple(sorted(found, key=lambda item: item.name))
