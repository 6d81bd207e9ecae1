"""Values from the notebook: ``:name`` in SQL is bound, ``{{name}}`` in requests is encoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["filled_request", "overrides", "sql_names", "sql_parameters"]

_OPENS_URL = re.compile(r"\s*(?:[A-Za-z]+\s+)?\Z")
_BASE = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?\Z")
_BRACES = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def overrides(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``-p name=value`` options; a text without ``=`` is a :class:`UsageError`."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise UsageError(f"-p {wrong[0]!r} has no '='", hint="-p user_id=42")
    return dict(pair.split("=", 1) for pair in pairs)


def sql_names(sql: str, dialect: str = "postgresql") -> tuple[str, ...]:
    """Return the names behind ``:name`` in one statement, as the database's dialect reads it.

    Quoted text, comments, casts (``::date``) and slices (``a[1:2]``) hold none.

    Raises:
        UsageError: there is no statement, there are several, or it has no plan.
    """
    from perfkit.probes import mysql_statement, statement
    from perfkit.probes.mysql_session import DIALECTS

    if dialect in DIALECTS:
        return mysql_statement.one_statement(sql).parameters
    return statement.one_statement(sql).parameters


def sql_parameters(
    names: Iterable[str], namespace: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values of the names; an unknown one is a :class:`UsageError`."""
    return {name: _value(name, namespace, given, f":{name}") for name in sorted(set(names))}


def filled_request(text: str, namespace: Mapping[str, Any], given: Mapping[str, str]) -> str:
    """Put values in place of ``{{name}}``: percent-encoded in the URL, line breaks never.

    A value that opens the URL may be a base such as ``http://127.0.0.1:8000/api``.
    """
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if _is_request_line(line)), 0)
    head = [_fill(line, namespace, given, encode=n == first) for n, line in enumerate(lines)]
    return "\n".join(head)


def _fill(
    line: str, namespace: Mapping[str, Any], given: Mapping[str, str], *, encode: bool
) -> str:
    def put(match: re.Match[str]) -> str:
        value = str(_value(match[1], namespace, given, match[0]))
        if encode:
            opens = _OPENS_URL.match(line[: match.start()]) is not None
            return value if opens and _BASE.match(value) else quote(value, safe="")
        if "\n" in value or "\r" in value:
            raise UsageError(
                f"{match[0]} holds a line break, which would start another header",
                hint="put the whole body into the cell instead",
            )
        return value

    return _BRACES.sub(put, line)


def _is_request_line(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "//"))


def _value(name: str, namespace: Mapping[str, Any], given: Mapping[str, str], shown: str) -> Any:
    if name in given:
        return given[name]
    if name in namespace:
        return namespace[name]
    raise UsageError(
        f"{shown} has no value: the notebook defines no variable {name!r}",
        hint=f"{name} = ... in a cell before, or -p {name}=VALUE",
    )
