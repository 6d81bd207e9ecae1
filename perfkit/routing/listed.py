"""An application's own list of routes, from wherever it is kept."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import MissingExtra, UsageError
from perfkit.routing.apps import of_app
from perfkit.routing.matching import Routes
from perfkit.routing.openapi import is_openapi, of_openapi
from perfkit.routing.patterns import bare_route

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["route_list"]

_LARGEST = 50_000_000  # bytes: the largest published OpenAPI documents have some 10 MB
_HINT = 'routes=["/orders/{id}"], an app object (FastAPI, Flask, Django), or "openapi.json"'
_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY|ANY|ALL"
_LINE = re.compile(rf"\s*(?:(?:{_METHODS})(?:[,|](?:{_METHODS}))*\s+)?[/^]\S*")


def route_list(source: Any) -> Routes:
    """Return the routes of ``source``, as it writes them.

    Args:
        source: an application (FastAPI, Starlette, Flask; Django's ``urlpatterns``), an OpenAPI
            document (decoded, or a path to its JSON or YAML file), a list of routes such as
            ``"/orders/{id}"``, ``"GET /orders/<int:id>"`` or ``"/orders/:id"``, or a path to a
            text file with one such route a line (``#`` begins a comment).

    Raises:
        UsageError: ``source`` is none of these, or holds no route.
        MissingExtra: a YAML file, and no library to read it.

    Example:
        >>> route_list(["GET /orders/<int:id>"]).routes
        ('/orders/<int:id>',)
    """
    if isinstance(source, Routes):
        return source
    if is_openapi(source):
        return _routes(of_openapi(source), "the OpenAPI document")
    if isinstance(source, str | os.PathLike):
        return _of_file(Path(source))
    found = of_app(source)
    if found is not None:
        return _routes(found, "the application")
    return _of_list(source)


def _of_list(source: Any) -> Routes:
    try:
        items = list(source)
    except TypeError:
        items = [source]
    wrong = [item for item in items if not isinstance(item, str)]
    if wrong:
        raise UsageError(
            f"routes: a {type(wrong[0]).__name__} is neither a route nor an application",
            hint=_HINT,
        )
    return _routes(items, "the list")


def _routes(found: Iterable[str], where: str) -> Routes:
    routes = list(dict.fromkeys(bare_route(route) for route in found if route.strip() or not route))
    if not routes:
        raise UsageError(f"routes: {where} has no route", hint=_HINT)
    return Routes(routes)


def _of_file(path: Path) -> Routes:
    text = _text(path)
    if path.suffix.lower() in {".yaml", ".yml"}:
        document = _yaml(text, path)
    elif text.lstrip()[:1] in {"{", "["}:
        document = _json(text, path)
    else:
        return _of_lines(text, path)
    if is_openapi(document):
        return _routes(of_openapi(document), f"{path.name}")
    if isinstance(document, list):
        return _of_list(document)
    raise UsageError(f"{path.name}: no OpenAPI document (it has no paths)", hint=_HINT)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path.name}: too large for a list of routes", hint=_HINT)
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"routes: {path}: cannot be read ({error.strerror or error})", hint=_HINT
        ) from None
    except ValueError:  # bytes that are no UTF-8, a NUL in the name
        raise UsageError(f"routes: {path.name}: is not text", hint=_HINT) from None


def _of_lines(text: str, path: Path) -> Routes:
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    routes = [line for line in lines if line and not line.startswith("#")]
    wrong = next((line for line in routes if not _LINE.fullmatch(line)), None)
    if wrong is not None:
        raise UsageError(f"{path.name}: {wrong[:80]!r} is no route", hint=_HINT)
    return _routes(routes, path.name)


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path.name}: is not JSON ({error})", hint=_HINT) from None


def _yaml(text: str, path: Path) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra(
            f"{path.name}: reading YAML needs PyYAML, which is not installed",
            hint="pip install pyyaml, or give the document as JSON",
        ) from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        raise UsageError(f"{path.name}: is not YAML", hint=_HINT) from None
