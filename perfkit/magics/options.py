"""One option table per magic makes its parser, its ``?``, its ``-h`` and its completion."""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Command", "Line", "Option"]

_TOKEN = re.compile(r"\s*(-{1,2}[A-Za-z][\w-]*)(?:=|(?=\s|\Z))")
_VALUE = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|\S+)""")


@dataclass(frozen=True)
class Option:
    """One option: ``--timeout 30s``; without ``metavar`` it is a switch."""

    name: str
    help: str
    metavar: str = ""
    many: bool = False


@dataclass(frozen=True)
class Line:
    """A parsed magic line: options by name (without dashes), and what follows them, verbatim."""

    values: Mapping[str, tuple[str, ...]]
    rest: str

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of an option."""
        return self.values[name][-1] if name in self.values else default

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of an option that may be repeated."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Tell whether an option was given."""
        return name in self.values

    def number(self, name: str, default: float) -> float:
        """Return an option as a positive number; anything else is a :class:`UsageError`."""
        text = self.get(name, str(default))
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if value < 0:
            raise UsageError(f"--{name} {text!r} is not a number", hint=f"for example --{name} 10")
        return value

    def count(self, name: str, default: int) -> int:
        """Return an option as a whole number from 1; else it is a :class:`UsageError`."""
        text = self.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise UsageError(f"--{name} {text!r} is not a whole number", hint=f"--{name} 5")
        return int(text)


@dataclass(frozen=True)
class Command:
    """A magic's name, words and options."""

    name: str
    summary: str
    usage: str
    options: Sequence[Option]
    examples: Sequence[str]

    def parse(self, line: str) -> Line:
        """Split options off the front of ``line``; ``--`` ends them.

        Raises:
            UsageError: an unknown option, or one without its value.
        """
        values: dict[str, tuple[str, ...]] = {}
        position = 0
        for name, value, position in self._walk(line):  # noqa: B007 - the last position counts
            values[name] = (*values.get(name, ()), value)
        rest = line[position:].strip()
        return Line(values, rest[2:].strip() if rest.startswith("-- ") or rest == "--" else rest)

    def _walk(self, line: str) -> Iterator[tuple[str, str, int]]:
        position = 0
        while (match := _TOKEN.match(line, position)) is not None:
            option = self._option(match[1])
            position = match.end()
            value = ""
            if option.metavar:
                found = _VALUE.match(line, position)
                if found is None:
                    raise UsageError(
                        f"%{self.name}: {option.name} needs a value",
                        hint=f"{option.name} {option.metavar}",
                    )
                value, position = _unquote(found[1]), found.end()
            yield option.name.lstrip("-"), value, position

    def _option(self, name: str) -> Option:
        known = {option.name: option for option in (*self.options, HELP)}
        if name in {"-h", "--help"}:
            return HELP
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise UsageError(
                f"%{self.name} has no option {name}",
                hint=f"did you mean {near[0]}?" if near else f"%{self.name} -h lists them",
            )
        return known[name]

    def help(self) -> str:
        """Return what ``?`` and ``-h`` show."""
        rows = [(f"{o.name} {o.metavar}".strip(), o.help) for o in (*self.options, HELP)]
        width = max(len(left) for left, _ in rows) + 2
        listed = "\n".join(f"  {left:<{width}}{right}" for left, right in rows)
        shown = "\n\n".join(self.examples)
        return f"{self.summary}\n\n{self.usage}\n\nOptions:\n{listed}\n\nExamples:\n\n{shown}\n"

    def complete(self) -> list[str]:
        """Return the options, for completion."""
        return [option.name for option in (*self.options, HELP)]


HELP = Option("--help", "show this text")


def _unquote(text: str) -> str:
    if text[0] in "\"'":
        return shlex.split(text)[0] if len(text) > 1 else text
    return text
