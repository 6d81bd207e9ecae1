"""What some spans do, by name: never with a value, a user or a password in it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from perfkit.analyses.repeats.cache_command import command_template
from perfkit.analyses.repeats.url import templated
from perfkit.fingerprint import fingerprint

if TYPE_CHECKING:
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["names_of"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
_COLUMNS = ("category", "name", "fingerprint", "statement", "url")


def names_of(forest: Forest, rows: Ints) -> list[str]:
    """Return the fingerprint, the template of the cache's command or of the URL, else the name.

    A span that serves a request is called by its name.
    """
    columns = (forest.texts(name, rows) for name in _COLUMNS)
    served = forest.served[rows].tolist()
    return [
        _plain(category, name or "unnamed")
        if own
        else _name(category, name or "unnamed", text, statement, url)
        for own, category, name, text, statement, url in zip(served, *columns, strict=True)
    ]


@lru_cache(maxsize=65536)
def _name(
    category: str | None, name: str, text: str | None, statement: str | None, url: str | None
) -> str:
    if category == "cache":
        return command_template(statement or name)
    if text:
        return text
    if not url:
        return _plain(category, name)
    words = (word.upper() for word in name.split()[:2])  # "GET /a", "HTTP GET"
    method = next((word for word in words if word in _METHODS), "")
    return f"{method} {templated(url)}".lstrip()


def _plain(category: str | None, name: str) -> str:
    """Return the name of a span, without the values of what some use as one: a statement, a URL."""
    if category == "db" and " " in name:
        return fingerprint(name)
    if "?" not in name and "://" not in name:
        return name
    return " ".join(templated(word) if "/" in word else word for word in name.split(" "))
