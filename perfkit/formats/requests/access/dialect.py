"""A notation for log formats, and how a format string in it becomes a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.formats.requests.access.template import Field, Template
from perfkit.visible import visible

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["Dialect", "Part", "compiled"]

#: A literal text, or a field.
Part = str | Field


@dataclass(frozen=True, kw_only=True)
class Dialect:
    r"""One notation, such as nginx's; a module of the notation holds it as ``DIALECT``.

    Attributes:
        name: for people: ``nginx log_format``.
        token: finds one token in a format string; what is between tokens is literal.
        meaning: a token -> its parts (``%t`` is a bracket, a time, a bracket), None: it is none
            that the notation knows.
        belongs: a format string is in this notation; the first dialect that says so has it.
        unwrapped: takes the configuration directive off a format string, and its quotes.
        joined: puts parts together that only several tokens make (a time and its zone).
        escaped: values are escaped with backslashes.
    """

    name: str
    token: re.Pattern[str]
    meaning: Callable[[re.Match[str]], tuple[Part, ...] | None]
    belongs: Callable[[str], bool]
    unwrapped: Callable[[str], str] = str
    joined: Callable[[list[Part]], list[Part]] = list
    escaped: bool = True


def compiled(dialect: Dialect, text: str, *, title: str = "", strict: bool = True) -> Template:
    """Compile a format string.

    Raises:
        UsageError: it names something that the notation does not know, nothing that can be read,
            or has two values without anything between them.
    """
    text = dialect.unwrapped(text)
    parts = joined(dialect.joined(_parts(dialect, text)))
    fields, literals = _alternating(parts, text)
    if not any(field.role for field in fields):
        raise UsageError(
            f"log_format={visible(text, 80)!r}: it has nothing that {dialect.name} writes",
            hint="copy the whole format from the server's configuration",
        )
    return Template(
        fields=tuple(fields),
        literals=tuple(literals),
        title=title or dialect.name,
        strict=strict,
        escaped=dialect.escaped,
    )


def _parts(dialect: Dialect, text: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for found in dialect.token.finditer(text):
        meaning = dialect.meaning(found)
        if meaning is None:
            raise UsageError(
                f"log_format: {found[0]!r} at character {found.start() + 1} is nothing that"
                f" {dialect.name} writes",
                hint="check the spelling",
            )
        parts += [text[at : found.start()], *meaning]
        at = found.end()
    return [*parts, text[at:]]


def joined(parts: list[Part]) -> list[Part]:
    """Put literals together, and a path with the query behind it."""
    result: list[Part] = []
    for part in parts:
        before = result[-1] if result else ""
        if part == "":
            continue
        if isinstance(part, str) and isinstance(before, str) and result:
            result[-1] = before + part
        elif isinstance(part, Field) and part.role == "query" and _extends_path(result):
            del result[_last_path(result) + 1 :]
        else:
            result.append(part)
    return result


def _extends_path(parts: list[Part]) -> bool:
    place = _last_path(parts)
    return place >= 0 and parts[place + 1 :] in ([], ["?"])


def _last_path(parts: list[Part]) -> int:
    places = [at for at, part in enumerate(parts) if isinstance(part, Field)]
    last = places[-1] if places else -1
    return last if last >= 0 and parts[last].role == "path" else -1  # type: ignore[union-attr]


def _alternating(parts: list[Part], text: str) -> tuple[list[Field], list[str]]:
    """Return fields, and the literals before, between and behind them."""
    fields: list[Field] = []
    literals = [""]
    for part in parts:
        if isinstance(part, str):
            literals[-1] += part
            continue
        if fields and not literals[-1] and part.role != "path":
            raise UsageError(
                f"log_format={visible(text, 80)!r}: nothing is between {fields[-1].name}"
                f" and {part.name}, so that nobody can tell where one ends",
                hint="put a blank between them in the server's configuration, for new lines",
            )
        fields.append(part)
        literals.append("")
    return fields, literals
