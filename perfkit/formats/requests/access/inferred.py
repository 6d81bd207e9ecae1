"""The template of a log that nobody described: by the columns of its first lines.

Surely an access log is what has a bracketed time, a quoted request line and a status, as all
servers write by default; other times are accepted with less confidence. Columns with a key
(``rt=0.123``) are read by it, others behind the usual ones by their values, and a note says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from perfkit.formats.requests.access.labels import meaning
from perfkit.formats.requests.access.tails import Guess, guesses, integer_unit
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.access.tokens import Column, Layout, common_layout
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["COMBINED", "ERROR_LOG", "inferred", "sampled"]

#: The error logs of nginx and Apache, and nginx's container: they share a stream with requests.
ERROR_LOG = re.compile(
    rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#|\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d "
    rb"\d\d:\d\d:\d\d[^\]]*\] \[|/docker-entrypoint\.(?:sh|d)|\d\d-[a-z-]+\.sh: "
)
_SAMPLE, _LONGEST = 400, 4000
_CLF = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}"
#: How times are written, the surest first.
_TIMES = (
    (re.compile(rf"{_CLF} [+-][0-9]{{4}}"), "clf"),
    (re.compile(rf"{_CLF}\.[0-9]{{1,6}} [+-][0-9]{{4}}"), "%d/%b/%Y:%H:%M:%S.%f %z"),
    (re.compile(_CLF), "%d/%b/%Y:%H:%M:%S"),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\S*(?: ?[+-]\d{4})?"),
        "iso",
    ),
    (re.compile(r"1[0-9]{9}(?:\.[0-9]{1,6})?"), "s"),
    (re.compile(r"1[0-9]{12}"), "ms"),
)
_REQUEST = re.compile(r"[A-Z][A-Z_-]{1,31} \S.*? HTTP/[0-9](?:\.[0-9])?", re.DOTALL)
_STATUS = re.compile(r"[0-9]{3}|-")
_SIZE = re.compile(r"[0-9]{1,16}|-")
_ADDRESS = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:.]{2,45}(?:%[0-9a-z]{1,15})?|unix:|localhost"
)
_DASH = re.compile("-")
_MOST, _HALF, _SOME = 0.8, 0.5, 0.2
#: What most logs have at least, for lines from before the format was changed, or after.
COMBINED = Template(
    fields=(
        Field(role="client"),
        Field(),
        Field(),
        Field(role="time", unit="clf"),
        Field(role="request"),
        Field(role="status"),
        Field(role="response_bytes", unit="clf"),
        Field(),
        Field(),
        Field(),
    ),
    literals=("", " ", " ", " [", '] "', '" ', " ", ' "', '" "', '"', ""),
    title="combined access log",
    notes=(
        Note(
            kind="other_layout",
            message="some lines have another layout than the first ones: what is behind the user"
            " agent in them was not read",
        ),
    ),
)
_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}


def sampled(head: bytes) -> list[str]:
    """Return the first lines that are whole and belong to no error log, as Latin-1."""
    lines = head.split(b"\n", 4 * _SAMPLE)
    whole = lines[:-1] or lines
    kept = (line for line in whole if line.strip(b" \t\r\0") and not ERROR_LOG.match(line))
    texts = (line[:_LONGEST].strip(b"\r\0").decode("latin-1") for line in kept)
    return [text for text, _ in zip(texts, range(_SAMPLE), strict=False)]


@lru_cache(maxsize=16)
def inferred(head: bytes) -> Template | None:
    """Return the template of most of the first lines; None: they are no requests."""
    lines = sampled(head)
    layout = _ltsv(lines) or common_layout(lines)
    found = _roles(layout.columns) if layout else None
    return _template(layout, found) if layout and found else None


def _ltsv(lines: Sequence[str]) -> Layout | None:
    """Return the layout of labelled values between tabs."""
    if not lines or lines[0].count("\t") < 2 or not re.match(r"[\w-]+:", lines[0]):  # noqa: PLR2004 - a time, a request, a status
        return None
    keys = [pair.partition(":")[0] for pair in lines[0].split("\t")]
    rows = [[pair.partition(":") for pair in line.split("\t")] for line in lines]
    same = [[value for _, _, value in row] for row in rows if [key for key, _, _ in row] == keys]
    if not same:
        return None
    columns = [
        _bare("\t" if at else "", f"{key}:", values)
        for at, (key, values) in enumerate(zip(keys, zip(*same, strict=True), strict=True))
    ]
    return Layout(tuple(columns), "")


def _bare(before: str, key: str, values: tuple[str, ...]) -> Column:
    if all(value.startswith("[") and value.endswith("]") for value in values):
        return Column(
            before, key, "bracketed", tuple(value[1:-1] for value in values), several=False
        )
    return Column(before, key, "bare", values, several=False)


def _roles(columns: Sequence[Column]) -> dict[int, Guess] | None:
    """Return what each column is; None: these are no requests."""
    found = {
        at: guess for at, column in enumerate(columns) if (guess := _by_key(column)) is not None
    }
    time = _time(columns)
    if time is None:
        return None
    found[time[0]] = Guess("time", time[1])
    at = _first(columns, _REQUEST, _SOME) if "request" not in _named(found) else None
    if at is not None:
        found[at] = Guess("request")
    if not ({"request"} <= _named(found) or {"method", "path"} <= _named(found)):
        return None
    return _numbered(columns, found, at)


def _numbered(
    columns: Sequence[Column], found: dict[int, Guess], request: int | None
) -> dict[int, Guess] | None:
    """Add status, size, client, and what is behind them."""
    behind = [at for at in range((request or 0) + 1, len(columns)) if at not in found]
    status = next((at for at in behind if _is_bare(columns[at], _STATUS)), None)
    sizes: tuple[str, ...] = ()
    if "status" not in _named(found):
        if status is None:
            return None
        found[status] = Guess("status")
        if status + 1 < len(columns) and _is_bare(columns[status + 1], _SIZE):
            found.setdefault(status + 1, Guess("response_bytes", "clf"))
            sizes = columns[status + 1].values
    _add_client(columns, found, request)
    tail = {at: columns[at] for at in behind if at not in found and not columns[at].key}
    tail = {at: column for at, column in tail.items() if status is None or at > status}
    told = guesses(tail, sizes)
    if "duration" in _named(found):
        told = {at: guess for at, guess in told.items() if guess.role != "duration"}
    return {**told, **found}


def _by_key(column: Column) -> Guess | None:
    if not column.key:
        return None
    role, unit = meaning(column.key[:-1])
    if role == "duration" and not unit:
        return Guess(role, _unit(column.values), inferred=True)
    return Guess(role, unit) if role and role != "time" else None


def _unit(values: Sequence[str]) -> str:
    if any("." in value for value in values):
        numbers = [float(value) for value in values if re.fullmatch(r"[0-9]{1,9}\.[0-9]+", value)]
        return "s" if sorted(numbers)[len(numbers) // 2] < 1 else "ms"
    return integer_unit([int(value) for value in values if value.isdigit()])


def _named(found: dict[int, Guess]) -> set[str]:
    return {guess.role for guess in found.values()}


def _time(columns: Sequence[Column]) -> tuple[int, str] | None:
    for pattern, unit in _TIMES:
        for at, column in enumerate(columns):
            if column.share(pattern) >= _MOST:
                return at, unit
    return None


def _first(columns: Sequence[Column], pattern: re.Pattern[str], share: float) -> int | None:
    places = (at for at, column in enumerate(columns) if column.share(pattern) >= share)
    return next((at for at in places if columns[at].kind != "bare" or columns[at].key), None)


def _is_bare(column: Column, pattern: re.Pattern[str]) -> bool:
    return column.kind != "bracketed" and not column.key and column.share(pattern) >= _MOST


def _add_client(columns: Sequence[Column], found: dict[int, Guess], request: int | None) -> None:
    """Add who asked: the first address, or else what two dashes follow (a host's name)."""
    if "client" in _named(found):
        return
    before = [at for at in range(request or 0) if at not in found and columns[at].kind == "bare"]
    place = next((at for at in before if columns[at].share(_ADDRESS) >= _HALF), None)
    if place is None and before[:2] == [0, 1] and columns[1].share(_DASH) >= _MOST:
        place = 0
    elif place == 1 and before[0] == 0 and "service" not in _named(found):
        found[0] = Guess("service", "port")
    if place is not None:
        found[place] = Guess("client")


def _template(layout: Layout, found: dict[int, Guess]) -> Template:
    fields, literals = [], [""]
    whole = {guess.unit for guess in found.values() if guess.role == "duration" and guess.inferred}
    began = bool(whole & {"us", "ms"})
    for at, column in enumerate(layout.columns):
        guess = found.get(at, Guess(""))
        role = "start" if guess.role == "time" and began else guess.role
        several = column.several or guess.role == "upstream"
        name = column.key[:-1] or guess.role or f"column {at + 1}"
        literals[-1] += column.opening
        fields.append(Field(role=role, unit=guess.unit, several=several, name=name))
        literals.append(column.closing)
    literals[-1] += layout.behind
    return Template(
        fields=tuple(fields),
        literals=tuple(literals),
        title="access log",
        notes=tuple(_notes(layout, found)),
        otherwise=COMBINED,
    )


def _notes(layout: Layout, found: dict[int, Guess]) -> Iterator[Note]:
    for at, guess in sorted(found.items()):
        if not guess.inferred:
            continue
        key = layout.columns[at].key[:-1]
        which = f"{key!r}" if key else f"column {at + 1}"
        what = "time of the request" if guess.role == "duration" else "time of the upstream server"
        yield Note(
            kind="unit_inferred",
            message=f"{which} of the access log was read as the {what} in {_WORDS[guess.unit]}, by"
            " its values: pass log_format= with the server's own format to be sure",
        )
