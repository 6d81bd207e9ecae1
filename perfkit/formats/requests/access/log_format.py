"""``log_format=``: a format string in any notation -> a template."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.formats.requests.access.dialect import Dialect, compiled
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.formats.requests.access.template import Template

__all__ = ["HINT", "OWN", "dialects", "template_of"]

#: The name of the hint, and of the format that reads lines by it.
HINT, OWN = "log_format", "access-log"
_ROOMS = ("perfkit.formats.requests.access", "perfkit.formats.requests.apps")
#: The notations with the most telling tokens first: ``%(h)s`` has an Apache token, ``%(``, in it.
_ORDER = ("nginx", "gunicorn", "apache", "morgan")


@cache
def dialects() -> tuple[Dialect, ...]:
    """Return every notation, the more telling ones first."""
    found: dict[str, Dialect] = {}
    for room in _ROOMS:
        package = importlib.import_module(room)
        for info in pkgutil.iter_modules(package.__path__, f"{room}."):
            dialect = getattr(importlib.import_module(info.name), "DIALECT", None)
            if isinstance(dialect, Dialect):
                found[dialect.name] = dialect
    return tuple(sorted(found.values(), key=lambda one: (_rank(one), one.name)))


def _rank(dialect: Dialect) -> int:
    name = dialect.name.lower()
    return next((at for at, word in enumerate(_ORDER) if word in name), len(_ORDER))


@lru_cache(maxsize=64)
def template_of(text: str) -> Template:
    """Compile a format string.

    Raises:
        UsageError: it is in no known notation, or nobody can tell its values apart.
    """
    for dialect in dialects():
        if dialect.belongs(text):
            return compiled(dialect, text)
    names = ", ".join(dialect.name for dialect in dialects())
    raise UsageError(
        f"log_format={visible(text, 80)!r}: no part of it is a value that a server writes",
        hint=f"copy it from the configuration of {names}: log_format='$remote_addr [$time_local]'",
    )
