"""The statements of a recording that cost most, each with an example that can be run again.

Drivers write placeholders in their own way (``$1``, ``?``, ``%s``, ``%(id)s``, ``:id``) and logs
write values in theirs; here all placeholders are ``$1``, ``$2``, ... and values go by number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.digest import digest
from perfkit.fingerprinted import fingerprinted
from perfkit.sql_tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.recording import Recording
    from perfkit.sql_tokens import Token

__all__ = ["Recorded", "numbered", "parsed_values", "recorded"]

_LONGEST = 100_000
#: So many rows of one fingerprint are looked through for an example, the slowest first.
_LOOKED_AT = 200
_SERVER = re.compile(r"\$(?P<number>\d+) = (?:'(?P<text>(?:[^']|'')*)'(?:\.\.\.)?|NULL)(?:, |\Z)")
_VALUES = {"string", "number", "placeholder"}
_SHORTENED = "'..."  # log_parameter_max_length


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One statement; ``values`` are None where the recording has none that fit.

    ``share`` is of the time of all statements.
    """

    fingerprint_id: str
    fingerprint: str
    statement: str
    values: Mapping[str, Any] | None
    calls: int
    total_ms: float
    mean_ms: float
    share: float


def recorded(rec: Recording, *, limit: int, fingerprint_id: str | None = None) -> list[Recorded]:
    """Return at most ``limit`` statements, by total time; or the one with ``fingerprint_id``.

    A beginning of the id will do. Where no row holds the text, the statement is its fingerprint.
    """
    result = digest(rec)
    ranked = result.arrow.select(
        ["fingerprint_id", "fingerprint", "calls", "total_ms", "mean_ms", "share"]
    )
    if fingerprint_id is not None:
        ids = ranked["fingerprint_id"].cast(pa.string())
        ranked = ranked.filter(pc.starts_with(ids, fingerprint_id.lower()))
    rows = _texts(rec)
    return [_recorded(row, rows) for row in ranked.slice(0, limit).to_pylist()]


def _texts(rec: Recording) -> pa.Table:
    columns = [
        name
        for name in ("fingerprint_id", "fingerprint", "statement", "parameters", "duration_ms")
        if name in rec.arrow("queries").column_names
    ]
    rows = fingerprinted(rec.arrow("queries")).select(columns)
    return rows.filter(pc.is_valid(rows["statement"]))


def _recorded(row: Mapping[str, Any], rows: pa.Table) -> Recorded:
    own = rows.filter(pc.equal(rows["fingerprint_id"].cast(pa.string()), row["fingerprint_id"]))
    own = own.sort_by([("duration_ms", "descending")]).slice(0, _LOOKED_AT)
    statement, values = _example(own.to_pylist()) or (row["fingerprint"] or "", None)
    return Recorded(
        statement=statement,
        values=values,
        calls=row["calls"] or 0,
        **{name: row[name] for name in ("fingerprint_id", "fingerprint", "total_ms", "mean_ms")},
        share=row["share"] or 0.0,
    )


def _example(rows: list[dict[str, Any]]) -> tuple[str, Mapping[str, Any] | None] | None:
    """Return the slowest row whose values are all known, else the slowest."""
    first = None
    for row in rows:
        if len(row["statement"]) > _LONGEST:
            continue
        statement, names = numbered(row["statement"])
        values = _fitting(parsed_values(row["parameters"]), names) if names else {}
        if values is not None:
            return statement, values
        first = first or (statement, None)
    return first


def numbered(statement: str) -> tuple[str, list[str]]:
    """Return the statement with ``$1``, ... for its placeholders, and their own names.

    A name that comes again has the same number; nameless ones (``?``, ``%s``) count on.
    PostgreSQL's operators ``?``, ``?|``, ``?&`` are none.

    Example:
        >>> numbered("select 1 where a = %(x)s and b = %(y)s and c = %(x)s")
        ('select 1 where a = $1 and b = $2 and c = $1', ['x', 'y'])
    """
    names: dict[str, int] = {}
    parts = []
    found = list(tokens(statement))
    operators = _operators(found)
    for at, token in enumerate(found):
        if token.kind != "placeholder" or at in operators:
            parts.append(token.text)
            continue
        name = token.text.strip("%()$:@")
        name = name.removesuffix(")s") if token.text.startswith("%(") else name
        nameless = token.text in {"?", "%s"}
        number = names.setdefault(str(len(names) + 1) if nameless else name, len(names) + 1)
        parts.append(token.text if token.text.startswith("$") else f"${number}")
    return "".join(parts), list(names)


def _operators(found: list[Token]) -> set[int]:
    """Return the places of ``?`` that have a value behind them: of JSON, not for a value."""
    marks, after = set(), None
    for at in range(len(found) - 1, -1, -1):
        token = found[at]
        if token.text == "?" and after and after.kind in _VALUES:
            marks.add(at)
        after = after if token.kind in {"blank", "comment"} else token
    return marks


def parsed_values(text: str | None) -> Mapping[str, Any] | None:
    """Return recorded parameters by name or number, None where they are not whole.

    Understood are PostgreSQL's ``$1 = 'x', $2 = NULL`` and JSON arrays and objects.

    Example:
        >>> parsed_values("$1 = 'it''s', $2 = NULL")
        {'1': "it's", '2': None}
    """
    if not text or _SHORTENED in text:
        return None
    if text.startswith("$"):
        return _of_server(text)
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if isinstance(value, list):
        return {str(number): one for number, one in enumerate(value, 1)}
    return value if isinstance(value, dict) else None


def _of_server(text: str) -> Mapping[str, Any] | None:
    found: dict[str, Any] = {}
    position = 0
    while match := _SERVER.match(text, position):
        value = match["text"]
        found[match["number"]] = None if value is None else value.replace("''", "'")
        position = match.end()
    return found if position == len(text) else None


def _fitting(values: Mapping[str, Any] | None, names: list[str]) -> Mapping[str, Any] | None:
    """Return the values by the numbers of the placeholders, None unless each has one."""
    if values is None:
        return None
    by_number = {}
    for number, name in enumerate(names, 1):
        known = name if name in values else str(number)
        if known not in values or isinstance(values[known], dict | list):
            return None
        by_number[name if name.isdecimal() else str(number)] = values[known]
    return by_number
