r"""``docker stats``: tables, one or one per refresh, and JSON (``--format json``).

Columns are found by their names (``table`` formats of your own too); cells are at least two blanks
apart. Codes that move the cursor are taken off. The tool writes no times: a time before each line
(``docker stats ... | ts '%FT%T%z'``) is read where it has a year. ``podman stats`` prints alike.

Docker's ``CPU %`` counts 100 for each CPU and does not say how many there are: ``docker.cpu`` is in
CPUs, and no share. Memory has a limit, so it is a share too. Network and disk are totals since the
container started; their kB are 1000, KiB 1024.

Checked: cli/command/container/formatter_stats.go and stats.go of docker/cli, go-units.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.metrics.readings import Account, Quantity, number
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FORMAT"]

#: ESC and what moves the cursor or clears, as docker writes it and as pagers show it.
_CURSOR = re.compile(r"(?:\x1b|\^\[)\[[0-9;?]*[A-Za-z]")
_NAMES = r"CONTAINER(?: ID)?|NAME|ID|CPU %|MEM USAGE / LIMIT|MEM %|NET I/?O|BLOCK I/?O|PIDS"
_WORDS = r"[A-Z][A-Z/%]*+(?: [A-Z/%]++)*+"
_HEADER = re.compile(rf"(?=.*\bCPU %)(?:{_NAMES})(?:\s{{2,}}+{_WORDS})++\s*")
#: No line of columns is longer.
_LONGEST = 1000
_JSON = re.compile(
    rb'^[^{\n]*\{(?=[^\n]*"CPUPerc"\s*:\s*")(?=[^\n]*"MemUsage"\s*:\s*")', re.MULTILINE
)
_ISO = r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)\]?:?\s+"
_YEARLESS = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?\s+"
_SINCE = r"(\d{10}(?:\.\d+)?)\s+"
_TIME = re.compile(f"{_ISO}|{_SINCE}|{_YEARLESS}")
_APART = re.compile(r"\s{2,}")
#: Columns and keys of JSON -> what they are.
_MEANT = {
    "container": "container",
    "container id": "container",
    "id": "container",
    "name": "name",
    "cpu %": "cpu",
    "cpuperc": "cpu",
    "mem usage / limit": "memory",
    "memusage": "memory",
    "mem %": "share",
    "memperc": "share",
    "net i/o": "network",
    "net io": "network",
    "netio": "network",
    "block i/o": "block",
    "block io": "block",
    "blockio": "block",
    "pids": "pids",
}
_SIZE = re.compile(r"([0-9.]+(?:e\+?\d+)?)\s*([kKMGTPE]?)(i?)[Bb]?")
_PREFIXES = "kMGTPE"
_SPLIT = re.compile(r"\s*/\s*")
_PAIRS = {
    "network": ("docker.network.receive_total", "docker.network.transmit_total"),
    "block": ("docker.block.read_total", "docker.block.write_total"),
    "memory": ("memory.used", "docker.memory.limit"),
}
UNTIMED = Note(
    kind="no_times",
    message="docker stats writes no times: put them in front, docker stats --format json | "
    "ts '%FT%T%z'; times without a year are not read",
)
OF_ONE = Note(
    kind="cpu_of_one_core",
    message="docker stats counts 100 % for each CPU and does not say how many there are: "
    "docker.cpu is in CPUs, and no share of them",
)


class _Row(NamedTuple):
    line: int
    raw: bytes
    at: str | None
    cells: dict[str, str]


def recognises(head: bytes) -> Recognition:
    """Recognise a line of columns, or the keys of JSON."""
    lines = (line for line in head.split(b"\n") if b"CPU %" in line and b"MEM " in line)
    table = any(_is_header(_plain(line.decode("utf-8", "replace"))[1]) for line in lines)
    sure = table or _JSON.search(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="docker stats")


def holds(data: bytes, before: str | None) -> str | None:
    """Return the last line of columns (``Format.holds``)."""
    last = max(data.rfind(b"CPU %"), 0)
    begin, end = data.rfind(b"\n", 0, last) + 1, data.find(b"\n", last)
    line = _plain(data[begin : end if end >= 0 else len(data)].decode("utf-8", "replace"))[1]
    return line if _is_header(line) else before


def _is_header(line: str) -> bool:
    return len(line) < _LONGEST and _HEADER.fullmatch(line) is not None


def _plain(text: str) -> tuple[str | None, str]:
    """Return the time before a line, and the line without what moves the cursor."""
    text = _CURSOR.sub("", text).strip()
    found = _TIME.match(text)
    return (found[1] or found[2], text[found.end() :]) if found else (None, text)


def parse(chunk: Chunk) -> Parsed:
    """Parse lines, each a container at a time."""
    data, notes = to_utf8(chunk.data)
    lines = data.decode().split("\n")[: count_lines(data)]
    account = Account(lines=len(lines))
    rows = list(_rows(account, lines, chunk.before))
    times = read_times([row.at for row in rows], chunk.zone)
    for row, at in zip(rows, times.array.cast("int64").to_pylist(), strict=True):
        host = next((v for k in ("name", "container") if (v := row.cells.get(k, "--")) != "--"), "")
        account.take(row.line, row.raw, at, host or None, list(_quantities(row.cells)))
    untimed = any(row.at is None for row in rows)
    notes += [OF_ONE] * bool(rows) + [UNTIMED] * untimed + [zone_note(chunk.zone)] * times.naive
    return account.parsed(notes)


def _rows(account: Account, lines: list[str], before: str | None) -> Iterator[_Row]:
    columns = _meant(before) if before else []
    for line, text in enumerate(lines, start=1):
        at, plain = _plain(text)
        if not plain or _is_header(plain):
            columns = _meant(plain) if plain else columns
            account.irrelevant += 1
            continue
        cells = _of_json(plain) if plain.startswith("{") else _of_table(plain, columns)
        if cells:
            yield _Row(line, text.encode(), at, cells)
        else:
            account.reject(line, "it is no line of docker stats", text.encode())


def _meant(header: str) -> list[str]:
    return [_MEANT.get(name.lower(), "") for name in _APART.split(header)]


def _of_table(text: str, columns: list[str]) -> dict[str, str]:
    cells = _APART.split(text)
    if not columns or len(cells) != len(columns):
        return {}
    return {name: cell for name, cell in zip(columns, cells, strict=True) if name}


def _of_json(text: str) -> dict[str, str]:
    try:
        told: Mapping[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {}
    pairs = [(_MEANT.get(key.lower(), ""), value) for key, value in told.items()]
    cells = {name: value for name, value in pairs if name and isinstance(value, str)}
    return cells if "cpu" in cells or "memory" in cells else {}


def _quantities(cells: Mapping[str, str]) -> Iterator[Quantity]:
    for cell, name in (("cpu", "docker.cpu"), ("share", "memory.utilisation")):
        share = number(cells.get(cell, "").removesuffix("%"))
        if share is not None:
            yield Quantity(name, share / 100, "1")
    for cell, names in _PAIRS.items():
        for name, text in zip(names, _SPLIT.split(cells.get(cell, "")), strict=False):
            if (size := _bytes(text)) is not None:
                yield Quantity(name, size, "bytes")
    count = number(cells.get("pids", ""))
    if count is not None:
        yield Quantity("docker.pids", count, "1")


def _bytes(text: str) -> float | None:
    """Return a size as go-units prints it.

    Example:
        >>> _bytes("1.5KiB"), _bytes("1.5kB"), _bytes("0B"), _bytes("--")
        (1536.0, 1500.0, 0.0, None)
    """
    found = _SIZE.fullmatch(text)
    value = number(found[1]) if found else None
    if found is None or value is None:
        return None
    power = _PREFIXES.find(found[2].replace("K", "k")) + 1 if found[2] else 0
    return float(value * (1024 if found[3] else 1000) ** power)


FORMAT = Format(
    name="docker-stats",
    title="docker stats (table or JSON)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    holds=holds,
)
