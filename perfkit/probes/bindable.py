"""Values of a notebook as a driver takes them: of numpy and pandas, sets, dictionaries."""

from __future__ import annotations

import json
from typing import Any

from perfkit.errors import UsageError

__all__ = ["bindable", "is_list"]

_MISSING = {"NAType", "NaTType"}  # pandas, which is not imported to ask
_LISTS = (list, tuple, set, frozenset, range)


def is_list(value: Any) -> bool:
    """Whether ``value`` becomes an array: a list, a set, a Series, an array of numpy."""
    return isinstance(value, _LISTS) or bool(getattr(value, "shape", ()))


def bindable(name: str, value: Any) -> Any:
    """Return ``value`` as psycopg adapts it: lists become arrays, dictionaries JSON.

    Raises:
        UsageError: it is a table.

    Example:
        >>> bindable("ids", range(3)), bindable("filter", {"a": 1})
        ([0, 1, 2], '{"a": 1}')
    """
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    if len(getattr(value, "shape", ())) > 1:
        raise UsageError(
            f"explain: :{name} is a {type(value).__name__}, which is no value",
            hint=f"take a column of it: {name} = table['id'].tolist()",
        )
    if isinstance(value, _LISTS):
        return [bindable(name, one) for one in value]
    return _plain(name, value)


def _plain(name: str, value: Any) -> Any:
    """Return scalars and arrays of numpy and pandas as Python's own."""
    if not hasattr(value, "tolist"):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "M" and hasattr(value, "astype"):
        value = value.astype("datetime64[us]") if _of_numpy(value) else value
    plain = value.tolist()
    return bindable(name, plain) if isinstance(plain, list) else plain


def _of_numpy(value: Any) -> bool:
    """Whether its times have no zone: nanoseconds would come out as whole numbers."""
    return type(value).__module__.partition(".")[0] == "numpy"
