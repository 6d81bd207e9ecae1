"""Logs in W3C's extended format: a line ``#Fields: date time cs-method ...`` names the columns.

It holds until the next one: files that were put behind each other have several. Times are in UTC
and say when the response had been sent, in whole seconds.

Checked: "Extended Log File Format" (www.w3.org/TR/WD-logfile).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import count_lines
from perfkit.formats.model import Chunk, Parsed, concatenate
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.cloud.proxy_lines import rejecting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from perfkit.formats.requests.access.fields import Fields

    Adapt = Callable[[Fields, dict[str, Any]], dict[str, Any]]

__all__ = ["Layout", "columns_of", "holds", "parse_w3c", "text_of"]

_HEADER = re.compile(rb"^#Fields:[ \t]*([^\r\n]*)", re.MULTILINE)
_DATA = re.compile(rb"[^#\s\0]")
_MISFIT = "it has not the columns that the line #Fields: in front of it names"
_NAMELESS = "no line #Fields: is in front of it, so that nobody knows its columns"
_NS = pa.timestamp("ns", "UTC")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a program's columns mean: their roles and units, and what is between them."""

    title: str
    separator: str
    roles: Mapping[str, tuple[str, str]]
    adapt: Adapt


class _Part(NamedTuple):
    fields: bytes
    data: bytes


def holds(data: bytes, before: bytes | None) -> bytes | None:
    """Return the columns that the last ``#Fields:`` line names."""
    at = len(data)
    while (at := data.rfind(b"#Fields:", 0, at)) >= 0:
        if at == 0 or data[at - 1 : at] == b"\n":
            found = _HEADER.match(data, at)
            return found[1].strip() if found else before
    return before


def columns_of(head: bytes) -> list[str]:
    """Return the columns that the first ``#Fields:`` line names; none: there is no such line."""
    found = _HEADER.search(head)
    return found[1].decode("utf-8", "replace").split() if found else []


def parse_w3c(layout: Layout, chunk: Chunk) -> Parsed:
    """Parse the lines of a chunk, each by the ``#Fields:`` line in front of it."""
    parts: list[Parsed] = []
    lines = 0
    for part in _parts(chunk):
        parts.append(_parsed(layout, part).shifted(lines))
        lines += count_lines(part.data)
    return concatenate(parts)


def text_of(fields: Fields, *names: str) -> pa.Array:
    """Return the first column of these that the lines have, dashes as null."""
    for at, field in enumerate(fields.template.fields):
        if field.name in names:
            return fields.between(*fields.edges(at), fields.known(at))
    return pa.nulls(len(fields), pa.string())


def _parts(chunk: Chunk) -> Iterator[_Part]:
    """Divide lines where other columns begin; most chunks are one part."""
    first = _HEADER.search(chunk.head)
    fields = chunk.before or (first[1].strip() if first else b"")
    begin = 0
    for found in _HEADER.finditer(chunk.data):
        if found[1].strip() != fields:
            if found.start() > begin:
                yield _Part(fields, chunk.data[begin : found.start()])
            fields, begin = found[1].strip(), found.start()
    yield _Part(fields, chunk.data[begin:])


def _parsed(layout: Layout, part: _Part) -> Parsed:
    def adapted(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
        return _common(fields, layout.adapt(fields, found))

    template = _template(layout.title, layout.separator, part.fields, tuple(layout.roles.items()))
    found = parse_template(template, Chunk(data=part.data), adapt=adapted)
    return rejecting(found, part.data, _DATA, _MISFIT if part.fields else _NAMELESS)


@lru_cache(maxsize=64)
def _template(
    title: str, separator: str, names: bytes, roles: tuple[tuple[str, tuple[str, str]], ...]
) -> Template:
    known = dict(roles)
    fields = [
        Field(role=known.get(name, ("", ""))[0], unit=known.get(name, ("", ""))[1], name=name)
        for name in names.decode("utf-8", "replace").split()
    ]
    return Template(
        fields=tuple(fields) or (Field(name="a column"),),
        literals=("", *[separator] * (len(fields) - 1), "") if fields else ("#Fields:", ""),
        title=title,
        strict=False,
        escaped=False,
    )


def _common(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    """Add what all have: when it began, and the query behind the path."""
    date, time = text_of(fields, "date"), text_of(fields, "time")
    texts = pc.binary_join_element_wise(date, time, "T").dictionary_encode()
    ends = _moments(texts.dictionary).take(texts.indices)
    before = pc.multiply(pc.fill_null(found["duration_ms"], 0.0), 1e6).cast(pa.int64(), safe=False)
    query = text_of(fields, "cs-uri-query")
    asked = pc.binary_join_element_wise(found["path"], query, "?")
    return found | {
        "started_at": pc.subtract(ends, before).cast(_NS),
        "path": pc.coalesce(asked, found["path"]),
    }


def _moments(texts: pa.Array) -> pa.Array:
    good = pc.match_substring_regex(
        texts, r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"
    )
    kept = pc.if_else(good, texts, pa.scalar(None, pa.string()))
    parsed = pc.strptime(kept, format="%Y-%m-%dT%H:%M:%S", unit="s", error_is_null=True)
    return parsed.cast(pa.timestamp("ns")).cast(pa.int64())
