"""Which format an input is in: all are asked, the surest wins, and doubt is said."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING

from perfkit.errors import InputError, UnknownFormat
from perfkit.formats.registry import formats
from perfkit.formats.requests.keys import role
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.formats.model import Format

__all__ = ["recognise"]

#: Below this a format does not recognise an input; two closer than this are in doubt.
SURE, CLOSE = 0.4, 0.05

_READS = (
    "logs of databases, ORMs, web servers and applications, traces and APM exports, results of load"
    " tests and readings of hosts: its README lists them"
)
_TARGETS = {"time": "started_at", "start": "started_at", "duration": "duration_ms"}
_KNOWN = ("method", "route", "path", "status", "client", "request_id", "trace_id")
_SHOWN_COLUMNS = 5
#: What access logs of any layout hold: a method, and a path near it.
_REQUEST = re.compile(rb"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b[\s\"'|,;]{1,4}/")
_LOOKED_AT = 50  # lines


def recognise(head: bytes, name: str) -> tuple[Format, str]:
    """Return the format of the input that begins with ``head``, and why.

    Raises:
        UnknownFormat: no format recognises it, or two do.
        InputError: it is binary.
    """
    found = [(item, item.recognises(head)) for item in formats()]
    found.sort(key=lambda pair: -pair[1].confidence)
    (best, sure), (second, nearly) = found[0], found[1]
    if sure.confidence < SURE:
        raise _unknown(head, name)
    if nearly.confidence >= SURE and sure.confidence - nearly.confidence < CLOSE:
        raise UnknownFormat(
            f"{name}: may be {best.title} ({sure.reason}) or {second.title} ({nearly.reason})",
            hint=f"say which: perfkit.load({name!r}, format={best.name!r})",
        )
    return best, sure.reason


def _unknown(head: bytes, name: str) -> InputError:
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return InputError(
            f"{name}: is text in UTF-16", hint=f'perfkit.load({name!r}, encoding="utf-16")'
        )
    if b"\0" in head and head[:4] != b"PAR1":
        return InputError(f"{name}: is a binary file", hint="load logs, traces or tables")
    hint = _example(head, name)
    if _of_a_server(head):
        hint = (
            f"perfkit.load({name!r}, log_format='...') with the format as the web server's"
            f" configuration has it; or {hint}"
        )
    return UnknownFormat(f"{name}: is in none of the formats that perfkit knows", hint=hint)


def _of_a_server(head: bytes) -> bool:
    """Say whether most of the first lines hold a request: in a layout that a server was told."""
    lines = head.splitlines()[:_LOOKED_AT]
    return 2 * sum(_REQUEST.search(line) is not None for line in lines) > len(lines)


def _example(head: bytes, name: str) -> str:
    """Return the line that loads any table, filled in as far as the header tells."""
    columns: dict[str, str] = {}
    for column in _header(head):
        meaning = role(column)
        target = _target(meaning.name if meaning else "")
        if target and target not in columns.values():
            columns[visible(column, 40)] = target
    others = "" if columns else f" (a table); perfkit reads {_READS}"
    if "duration_ms" not in columns.values():
        columns.setdefault("took", "duration_ms")
    chosen = dict(list(columns.items())[:_SHOWN_COLUMNS])
    unit = next((m.unit for c in columns if (m := role(c)) and m.name == "duration" and m.unit), "")
    mapping = json.dumps(chosen)
    return (
        f'perfkit.load({name!r}, table="requests", columns={mapping}, '
        f'unit="{unit or "ms"}", tz="UTC"){others}'
    )


def _target(meaning: str) -> str:
    return _TARGETS.get(meaning, meaning if meaning in _KNOWN else "")


def _header(head: bytes) -> list[str]:
    line = re.split(rb"[\r\n]", head, maxsplit=1)[0].decode("utf-8", "replace").strip()
    if line.startswith("{"):
        try:
            return list(json.loads(line))
        except (ValueError, RecursionError):
            return []
    delimiter = max(",\t;|", key=line.count)
    return next(csv.reader([line], delimiter=delimiter), []) if delimiter in line else []
