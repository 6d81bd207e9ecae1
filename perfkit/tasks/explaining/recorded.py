"""A recorded statement, ready to be explained: its text with names, and an example's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.analyses.recorded_statements import recorded
from perfkit.errors import UsageError
from perfkit.sql_tokens import tokens
from perfkit.tasks.explain import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from perfkit.analyses.recorded_statements import Recorded
    from perfkit.recording import Recording
    from perfkit.tasks.explaining.model import ExplainResult

__all__ = ["Example", "example", "explain_example", "one_recorded"]

_SHORTEST = 4
_TWO = 2


class Example(NamedTuple):
    """``values`` are by name, None where the recording has none that fit."""

    sql: str
    values: Mapping[str, Any] | None


def one_recorded(rec: Recording, fingerprint_id: str) -> Recorded:
    """Return the statement with ``fingerprint_id``, of which a beginning will do.

    Raises:
        UsageError: there is none, or more than one begins like that.
    """
    text = fingerprint_id.strip().lower()
    if len(text) < _SHORTEST or text.strip("0123456789abcdef"):
        raise UsageError(
            f"explain: {fingerprint_id[:40]!r} is no fingerprint_id",
            hint="perfkit.digest(rec).table has them, such as 8f14e45fceea167a",
        )
    found = recorded(rec, limit=_TWO, fingerprint_id=text)
    if not found:
        raise UsageError(
            f"explain: no statement of the recording has the fingerprint_id {text}",
            hint="perfkit.digest(rec).table lists them",
        )
    if len(found) == _TWO:
        both = " and ".join(one.fingerprint_id for one in found)
        raise UsageError(f"explain: {text} begins {both}", hint="type more of it")
    return found[0]


def example(one: Recorded) -> Example:
    """Name the placeholders ``$1``, ``$2``, ... of a recorded statement ``:p1``, ``:p2``.

    Example:
        >>> from types import SimpleNamespace
        >>> example(SimpleNamespace(statement="select $1", values={"1": 5}))
        Example(sql='select  :p1 ', values={'p1': 5})
    """
    parts = [
        f" :p{token.text[1:]} " if _is_number(token.text, token.kind) else token.text
        for token in tokens(one.statement)
    ]
    values = None if one.values is None else {f"p{n}": v for n, v in one.values.items()}
    return Example("".join(parts), values)


def _is_number(text: str, kind: str) -> bool:
    """Whether it is a placeholder: ``?`` is an operator of JSON here."""
    return kind == "placeholder" and text.startswith("$")


def explain_example(one: Recorded, engine: Engine | str, **options: Any) -> ExplainResult:
    """Explain a recorded statement with a recorded example's values, else without any.

    ``options`` are those of :func:`perfkit.explain`; they win over what was recorded.
    """
    sql, values = example(one)
    given = {**(values or {}), **(options.pop("params", None) or {})}
    generic = options.pop("generic", False) or values is None
    return explain(sql, engine, params=given, generic=generic, **options)
