"""SLOWLOG GET as redis-cli prints it: numbered lists for people, or bare lines in a pipe."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.formats.logs.redis_entry import Bad, Entries, Entry, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BARE", "NUMBERED", "bare_entries", "numbered_entries"]

#: ``1) 1) (integer) 14``: an entry begins.
NUMBERED = re.compile(r"^ *[0-9]{1,9}\) 1\) \(integer\) ([0-9]{1,18})\r?$", re.MULTILINE)
#: An id, a time since 2001, a duration, and a word that is no number, each in its line.
BARE = re.compile(r"\s*[0-9]{1,18}\n[0-9]{10}\n[0-9]{1,15}\n(?![0-9]+\n)\S")
_ITEM = re.compile(r"([0-9]{1,4})\) +(.*)")
_ARGUMENT = re.compile(r" *[0-9]{1,9}\) (.*)")
_INTEGER = re.compile(r"\(integer\) ([0-9]{1,18})")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ADDRESS = re.compile(r"\S{0,300}:[0-9]{1,5}|\?:0")
_BROKEN = "it is not an entry of SLOWLOG GET, or cut off"
_ITEMS = 4


def numbered_entries(text: str) -> Entries:
    """Read ``1) 1) (integer) 14`` and the lines that belong to it."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    starts = [row for row, line in enumerate(lines) if NUMBERED.match(line)]
    found: list[Entry] = []
    bad: list[Bad] = []
    used = 0
    for start, end in pairwise([*starts, len(lines)]):
        last = _last_of(lines, start, end)
        entry = _numbered(lines[start:last], start + 1)
        if entry is None:
            bad.append(Bad(start + 1, last - start, _BROKEN, "\n".join(lines[start:last])[:500]))
        else:
            found.append(entry)
        used += last - start
    return Entries(found, bad, len(lines) - used, len(lines))


def _last_of(lines: Sequence[str], start: int, end: int) -> int:
    """Return where an entry ends; prompts and blank lines behind it are not its own."""
    last = start + 1
    while last < end and _ARGUMENT.match(lines[last]) and lines[last].startswith(" "):
        last += 1
    return last


def _numbered(lines: Sequence[str], number: int) -> Entry | None:
    indent = lines[0].index(") ") + 2
    items: list[str] = []
    arguments: list[str] = []
    for line in (line.rstrip("\r") for line in lines):
        item = _ITEM.match(line[indent:])
        if item and int(item[1]) == len(items) + 1:
            items.append(item[2])
            line = line[indent + 2 :]  # noqa: PLW2901 - the arguments begin in the same line
        if len(items) == _ITEMS and (argument := _ARGUMENT.match(line)):
            arguments.append(argument[1])
    numbers = [_INTEGER.fullmatch(item) for item in items[:3]]
    if len(items) < _ITEMS or not all(numbers) or not _are_texts([*arguments, *items[4:6]]):
        return None
    identity, at, micros = (int(found[1]) for found in numbers if found)
    said = [*map(unquoted, items[4:6]), "", ""]
    words = list(map(unquoted, arguments))
    return Entry(number, identity, at, micros, words, said[0], said[1])


def _are_texts(items: Sequence[str]) -> bool:
    return bool(items) and all(_QUOTED.fullmatch(item) for item in items)


def bare_entries(text: str) -> Entries:
    """Read one value a line: id, time, duration, arguments, address, name.

    Nothing but the values themselves says where an entry begins: ids descend by one, and
    behind an address and a name another dump may follow.
    """
    lines = text.split("\n")
    if lines and not lines[-1] and len(lines) > 1 and not lines[-2]:
        lines.pop()
    starts = _bare_starts(lines)
    found = [_bare(lines[start:end], start + 1) for start, end in pairwise([*starts, len(lines)])]
    entries = [entry for entry in found if entry is not None]
    count = text.count("\n") + bool(text and not text.endswith("\n"))
    bad = [
        Bad(start + 1, min(end, count) - start, _BROKEN, "\n".join(lines[start:end])[:500])
        for (start, end), entry in zip(pairwise([*starts, len(lines)]), found, strict=True)
        if entry is None
    ]
    return Entries(entries, bad, min(starts[0], count) if starts else count, count)


def _bare_starts(lines: Sequence[str]) -> list[int]:
    starts: list[int] = []
    previous = -1
    for row in range(len(lines) - 3):
        if not _is_start(lines, row):
            continue
        number = int(lines[row])
        apart = row >= 2 and _ADDRESS.fullmatch(lines[row - 2]) is not None  # noqa: PLR2004 - address, name
        if not starts or number == previous - 1 or apart:
            starts.append(row)
            previous = number
    return starts


def _is_start(lines: Sequence[str], row: int) -> bool:
    number, at, micros = lines[row : row + 3]
    return (
        len(at) == 10  # noqa: PLR2004 - seconds since 1970, from 2001 to 2286
        and all(value.isascii() and value.isdigit() for value in (number, at, micros))
        and max(len(number), len(micros)) < 19  # noqa: PLR2004 - digits of a 64-bit number
    )


def _bare(lines: Sequence[str], number: int) -> Entry | None:
    values = list(lines[3:])
    if values and not values[-1] and not _ADDRESS.fullmatch("".join(values[-2:-1])):
        values.pop()  # a blank line at the end of the output
    address = name = ""
    if len(values) > 2 and _ADDRESS.fullmatch(values[-2]):  # noqa: PLR2004 - a command and both
        address, name = values[-2:]
        values = values[:-2]
    if not values or not values[0]:
        return None
    return Entry(number, int(lines[0]), int(lines[1]), int(lines[2]), values, address, name)
