"""The paths of an OpenAPI document (3.x, Swagger 2), below the base path of its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_openapi", "of_openapi"]


def is_openapi(document: Any) -> bool:
    """Say whether a decoded document is one of OpenAPI."""
    return isinstance(document, dict) and isinstance(document.get("paths"), dict)


def of_openapi(document: Mapping[str, Any]) -> list[str]:
    """Return the paths; below every base path where several servers have different ones.

    Example:
        >>> of_openapi({"servers": [{"url": "https://shop/api"}], "paths": {"/orders/{id}": {}}})
        ['/api/orders/{id}']
    """
    bases = dict.fromkeys(map(_base, _servers(document))) or {"": None}
    return [f"{base}{path}" for base in bases for path in document["paths"] if path[:1] == "/"]


def _servers(document: Mapping[str, Any]) -> list[str]:
    if isinstance(document.get("basePath"), str):
        return [document["basePath"]]
    servers = document.get("servers")
    urls = [server.get("url") for server in servers or () if isinstance(server, dict)]
    return [
        _with_defaults(url, server.get("variables"))
        for url, server in zip(urls, servers or (), strict=False)
        if isinstance(url, str)
    ]


def _with_defaults(url: str, variables: Any) -> str:
    for name, variable in (variables if isinstance(variables, dict) else {}).items():
        default = variable.get("default") if isinstance(variable, dict) else None
        url = url.replace(f"{{{name}}}", str(default or ""))
    return url


def _base(url: str) -> str:
    """Return the path of a server's address, without the slash at its end."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return f"/{path.strip('/')}" if path.strip("/") else ""
