"""One statement under several names: the schemas of tenants, numbers within names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.analyses.repeats.calls import Target

__all__ = ["variant"]

_QUALIFIED = re.compile(r'\b(from|join|into|update) (?:[\w$-]+|"[^"]*"|`[^`]*`|\[[^\]]*\])\.')
_NUMBER = re.compile(r"\d+")


def variant(target: Target) -> object:
    """Return what is equal for statements that differ in a schema or a number in a name alone.

    Example:
        >>> from perfkit.analyses.repeats.calls import Target
        >>> variant(Target(fingerprint="select a from tenant_7.orders o where b1 = ?"))[1]
        'select a from orders o where b# = ?'
    """
    if target.kind != "sql" or not target.fingerprint:
        return target
    return "sql", _plain(target.fingerprint)


@lru_cache(maxsize=8192)
def _plain(fingerprint: str) -> str:
    return _NUMBER.sub("#", _QUALIFIED.sub(r"\1 ", fingerprint))
