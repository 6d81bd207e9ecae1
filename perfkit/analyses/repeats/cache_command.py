"""Commands of caches as templates: ``GET user:17`` and ``get user:4`` are ``get user:?``."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["command_template", "masked", "parts"]

#: Commands of two words (`redis-cli help`), whose second word says as much as the first.
_GROUPS = frozenset({"client", "cluster", "config", "object", "xinfo", "script"})
# Sections of a key that are a value: numbers, hexadecimal digests, UUIDs, what an
# instrumentation has put in the place of a value, and words with a digit among their letters.
_VALUE = re.compile(
    r"\?|\*|[{<\[].*[}>\]]|-?\d+(?:\.\d+)?|(?=.*\d)[\w.@+=-]{6,}|"
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[\w.+-]+@[\w.-]+",
    re.ASCII,
)
_SEPARATORS = re.compile(r"([:/|])")
_LONGEST = 400


@lru_cache(maxsize=65536)
def command_template(command: str) -> str:
    """Return a command with its name lower-cased, values in its key and further arguments as ``?``.

    Example:
        >>> command_template("HGET cart:17 items")
        'hget cart:? ?'
        >>> command_template("MGET a:1 a:2 a:3")
        'mget a:? ?'
    """
    words = command[:_LONGEST].split()
    if not words:
        return ""
    name = words.pop(0).lower()
    if words and name in _GROUPS:
        name = f"{name} {words.pop(0).lower()}"
    key = masked(words[0]) if words else ""
    return " ".join(filter(None, (name, key, "?" if len(words) > 1 else "")))


def masked(key: str) -> str:
    """Return a key with values as ``?``.

    Example:
        >>> masked("user:17:profile")
        'user:?:profile'
    """
    return "".join(
        "?" if n % 2 == 0 and _VALUE.fullmatch(part) else part
        for n, part in enumerate(parts(key.strip("\"'")))
    )


def parts(key: str) -> list[str]:
    """Return the sections of a key, with the separators in between."""
    return _SEPARATORS.split(key)
