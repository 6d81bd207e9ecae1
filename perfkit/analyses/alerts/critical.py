"""Which routes matter most: those named, or else the busy ones and those that sell or log in."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.errors import UsageError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.look import Look

__all__ = ["critical_routes"]

#: Words in a route that people pay with or get in by; only if requests change something.
_WORDS = re.compile(
    r"(^|[/_\-.])(checkout|pay|payments?|login|signin|sign-in|signup|auth|token|orders?|cart|basket)"
    r"($|[/_\-.])",
    re.IGNORECASE,
)


def critical_routes(look: Look) -> Any:
    """Return a flag per route.

    Critical are the routes in ``look.critical``; without these, every route with at least the
    threshold ``critical_share`` of all requests, and every route with a word such as ``checkout``,
    ``payment``, ``login`` or ``order`` in it that is asked with POST, PUT or PATCH.

    Raises:
        UsageError: a route in ``look.critical`` that the recording does not have.
    """
    labels = look.routes.labels
    if look.critical is not None:
        return _named(look.critical, labels)
    share = look.routes.requests / max(len(look.rows), 1)
    words = np.array([bool(label and _WORDS.search(label)) for label in labels], np.bool_)
    known = np.array([label is not None for label in labels], np.bool_)
    return known & ((share >= look.limits["critical_share"]) | (words & _changing(look, words)))


def _named(critical: Sequence[str], labels: Sequence[str | None]) -> Any:
    names = [label for label in labels if label is not None]
    for route in critical:
        if route not in names:
            near = difflib.get_close_matches(str(route), names, n=3)
            raise UsageError(
                f"critical: no request is on route {visible(str(route), 60)!r}",
                hint=f"did you mean {' or '.join(map(visible, near))}?"
                if near
                else "name routes as perfkit.baseline(rec) shows them",
            )
    return np.array([label in critical for label in labels], np.bool_)


def _changing(look: Look, words: Any) -> Any:
    """Say which of these routes are asked with a method that changes something."""
    found = np.zeros(len(words), np.bool_)
    if not words.any():
        return found
    methods, routes = look.rows.method, look.rows.route
    changes = [(m or "").upper() in {"POST", "PUT", "PATCH"} for m in methods.labels]
    route, method, _ = routes.crossed(methods.codes, len(methods.labels))
    found[route[np.array(changes, np.bool_)[method]]] = True
    return found
