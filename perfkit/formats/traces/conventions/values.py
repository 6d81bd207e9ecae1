"""The values of attributes, which exports write in any type: a status as ``200`` or ``"200"``."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["grpc_status", "integer", "statement_text", "text"]

#: What the tables' integers hold, with room for sums.
_LARGEST = 1 << 62
#: Fewer digits are less than that.
_SHORT = 19
_NUMBER = re.compile(r"\s*([0-9]{3})\s[A-Za-z ]{1,40}", re.ASCII)
#: github.com/grpc/grpc, doc/statuscodes.md; without underscores, in lower case.
_GRPC_NAMES = """ok cancelled unknown invalidargument deadlineexceeded notfound alreadyexists
    permissiondenied resourceexhausted failedprecondition aborted outofrange unimplemented internal
    unavailable dataloss unauthenticated"""
_GRPC = {name: code for code, name in enumerate(_GRPC_NAMES.split())} | {"canceled": 1}


def text(value: Any) -> str | None:
    """Return a scalar, or the first of a list, as text; None for what is no such thing."""
    if type(value) is str:
        return value
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _of_number(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _of_number(value: float) -> str | None:
    if abs(value) < _LARGEST and value == int(value):
        return str(int(value))
    return str(value) if isinstance(value, float) else None


def integer(value: Any) -> int | None:
    """Return a whole number; ``"200 OK"`` is 200, ``1.5`` and ``True`` are none."""
    if type(value) is str and len(value) < _SHORT and value.isdecimal():
        return int(value)
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if isinstance(value, str):
        value = _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return int(value) if value == int(value) else None


def _of_text(value: str) -> float | None:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        found = _NUMBER.fullmatch(value)
        return int(found[1]) if found else None


def grpc_status(value: Any) -> int | None:
    """Return the code of ``"DEADLINE_EXCEEDED"``, ``"StatusCode.OK"``, ``"NotFound"`` or ``4``."""
    number = integer(value)
    if number is not None or not isinstance(value, str):
        return number
    return _GRPC.get(value.rpartition(".")[2].replace("_", "").lower())


def statement_text(value: Any) -> str | None:
    """Return a statement: a list is one command a line, an object its JSON."""
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, (statement_text(one) for one in value[:1000]))) or None
    if isinstance(value, dict):
        try:
            return msgspec.json.encode(value).decode()
        except (OverflowError, TypeError, ValueError, RecursionError):
            return None
    return text(value)
