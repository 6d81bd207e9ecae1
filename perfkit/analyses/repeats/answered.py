"""URLs of calls by the route that the called server answers them with: ``/rate/{currency}``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from typing import Any

    from perfkit.analyses.repeats.from_spans import Tree

__all__ = ["routed", "with_routes"]

#: Spans between the caller's and the server's: a client library's, its transport's.
_LEVELS = 4
_LONGEST = 400
# a named group of a regular expression (Django's re_path)
_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")
# {id}, {id:int}, {id?}, <int:id>, :id; not {id=home}, {path:path}, {*rest}, *
_PLACE = re.compile(
    r"\{(\w+)(?::[^{}=]*|\?)?\}|<(?:[a-z]+(?:\([^()]*\))?:)?(\w+)>|:(\w+)\??", re.ASCII
)
_PLAIN = re.compile(r"[\w.~%@+-]+", re.ASCII)
_HOST = re.compile(r"^[a-z][a-z+]*://[^/]*", re.ASCII)
_HOLE = "{id}"  # as numbers are called, which are taken out whether a route is known or not
# What takes whatever comes, so that different endpoints share the route: ASP.NET's conventional
# routes, proxies, static files.
_ANYTHING = re.compile(
    r"(?i)path|rest|any|all|proxy|splat|wildcard|catch_?all|controller|action|area|page|handler"
    r"|service|endpoint|method|resource|module|operation|function|command|file(?:name)?"
)


def with_routes(tree: Tree, rows: pa.Table, chosen: Any) -> pa.Table:
    """Return ``rows`` (the ``chosen`` of the tree) with the route of the server that answers.

    Where a span tells a route itself, it keeps it.
    """
    route = groups.encode(tree.rows["route"])
    name = groups.encode(tree.rows["name"])
    labels = [*route.labels, *(_named(text) for text in name.labels), None]
    own = np.array([label is not None for label in labels], np.bool_)
    told = np.where(own[route.codes], route.codes, len(route.labels) + name.codes)
    at = np.flatnonzero(tree.forest.served & (tree.parent_row >= 0) & own[told])
    if not len(at):
        return rows
    found = np.full(len(tree.rows), len(labels) - 1)
    code, above = told[at], tree.parent_row[at]
    for _ in range(_LEVELS):
        outside = ~tree.served[above]
        code, above = code[outside], above[outside]
        found[above] = code
        more = tree.parent_row[above] >= 0
        code, above = code[more], tree.parent_row[above[more]]
    answer = pa.array(labels, pa.string()).take(pa.array(found[chosen]))
    at_column = rows.schema.get_field_index("route")
    both = pc.coalesce(rows["route"].cast(pa.string()), answer)
    return rows.set_column(at_column, "route", both)


def _named(name: str | None) -> str | None:
    """Return the route in a name such as ``GET /rate/{currency}``, None if it has none."""
    _, _, rest = (name or "").partition(" ")
    return rest if rest.startswith("/") and "{" in rest else None


@lru_cache(maxsize=8192)
def routed(url: str, route: str | None) -> str:
    """Return a templated ``url`` with what varies by ``route`` as ``{id}``.

    Either may have a prefix that a proxy takes off or adds. The URL is unchanged where another
    path is meant, or the route takes whatever comes.

    Example:
        >>> routed("http://rates/v1/rate/EUR?day=*", "/rate/{currency}")
        'http://rates/v1/rate/{id}?day=*'
        >>> routed("http://gateway/api/cart", "/api/{path:path}")
        'http://gateway/api/cart'
    """
    head, mark, query = url.partition("?")
    scheme, separator, rest = head.rpartition("://")
    host, *sections = rest.split("/")
    wanted = _sections(route)[-len(sections) :] if sections else ()
    before = len(sections) - len(wanted)
    if not wanted or not all(map(_fits, sections[before:], wanted)):
        return url
    # what varies alone would fit the end of any path
    if set(wanted) == {_HOLE} and (before or len(wanted) < len(_sections(route))):
        return url
    path = "/".join((host, *sections[:before], *wanted))
    return f"{scheme}{separator}{path}{mark}{query}"


@lru_cache(maxsize=8192)
def _sections(route: str | None) -> tuple[str, ...]:
    """Return the sections of a route, what varies as :data:`_HOLE`; none if nothing does."""
    text = _GROUP.sub(r"{\1}", _HOST.sub("", (route or "")[:_LONGEST]))
    found = [_section(part) for part in text.strip("^$/").split("/")]
    known = [part for part in found if part]
    return tuple(known) if len(known) == len(found) and _HOLE in known else ()


def _section(part: str) -> str:
    """Return a section of a route, "" if it takes whatever comes, or that is not known."""
    place = _PLACE.fullmatch(part)
    if not place:
        return part if _PLAIN.fullmatch(part) else ""
    name = next(filter(None, place.groups()))
    anything = _ANYTHING.fullmatch(name) or ":path" in part or part.startswith("<path:")
    return "" if anything else _HOLE


def _fits(section: str, wanted: str) -> bool:
    return bool(section) and wanted in (section, _HOLE)
