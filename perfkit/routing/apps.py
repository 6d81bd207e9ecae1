"""The routes of an application object, read off it without importing its framework.

FastAPI and Starlette have ``routes`` (with mounts inside), Flask has ``url_map``, Django
has patterns with ``url_patterns`` inside; what has none of these is no application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["of_app"]

_DEEPEST = 20  # mounts within mounts; an app that mounts itself ends here


def of_app(app: Any) -> list[str] | None:
    """Return the routes of an application as it writes them; None where ``app`` is none.

    Example:
        >>> of_app(object())
    """
    rules = getattr(getattr(app, "url_map", None), "iter_rules", None)
    if callable(rules):
        return _flask(app, list(rules()))
    if isinstance(getattr(app, "routes", None), list | tuple):
        return list(_starlette(app.routes, "", _DEEPEST))
    patterns = _patterns(app)
    return None if patterns is None else list(_django(patterns, "", _DEEPEST))


def _flask(app: Any, rules: list[Any]) -> list[str]:
    root = (getattr(app, "config", None) or {}).get("APPLICATION_ROOT") or "/"
    return [f"{root.rstrip('/')}{rule.rule}" for rule in rules]


def _starlette(routes: Any, prefix: str, deeper: int) -> Iterator[str]:
    for route in routes:
        included = getattr(route, "effective_candidates", None)  # FastAPI's included routers
        if callable(included) and deeper:
            yield from _starlette(included(), prefix, deeper - 1)
            continue
        told = getattr(route, "starlette_route", None) or route
        path = getattr(told, "path", None)
        path = "" if path is None and hasattr(told, "host") else path
        inner = getattr(told, "routes", None)
        if not isinstance(path, str):
            continue
        if isinstance(inner, list | tuple) and deeper and inner:
            yield from _starlette(inner, prefix + path, deeper - 1)
        elif hasattr(told, "app") and not hasattr(told, "endpoint"):
            yield f"{prefix}{path}/{{path:path}}"  # a mount of files, or of another kind of app
        else:
            yield prefix + path


def _patterns(app: Any) -> list[Any] | None:
    """Return Django's ``urlpatterns``: a list of them, a module or a resolver that has them."""
    found = getattr(app, "urlpatterns", None) or getattr(app, "url_patterns", None) or app
    if not isinstance(found, list | tuple) or not found:
        return None
    return list(found) if all(hasattr(item, "pattern") for item in found) else None


def _django(patterns: Any, prefix: str, deeper: int) -> Iterator[str]:
    for item in patterns:
        path = prefix + str(item.pattern)
        inner = getattr(item, "url_patterns", None)
        if inner is None:
            yield path
        elif deeper:
            yield from _django(inner, path, deeper - 1)
