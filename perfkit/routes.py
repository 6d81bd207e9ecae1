"""The route of a request; where only its path is known, the path as a template."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["path_template", "routes"]

# Numbers, UUIDs and hexadecimal digests, as in Sentry's N+1 API detector.
_VARIABLE = re.compile(
    r"\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?=[a-fA-F]*\d)[0-9a-fA-F]{10,64}"
)


def path_template(path: str) -> str:
    """Return ``path`` with ids as ``{id}``.

    Example:
        >>> path_template("/items/17/parts")
        '/items/{id}/parts'
    """
    return "/".join(map(_segment, path.split("/")))


def routes(requests: pa.Table) -> pa.ChunkedArray:
    """Return the route of every request, otherwise the template of its path without the query.

    Example:
        >>> routes(pa.table({"route": [None, "/a/{b}"], "path": ["/a/7?x=1", "/a/7"]})).to_pylist()
        ['/a/{id}', '/a/{b}']
    """
    route = requests["route"].cast(pa.string())
    if not route.null_count:
        return route
    unrouted = pc.if_else(route.is_valid(), None, requests["path"].cast(pa.string()))
    return pc.coalesce(route, pa.chunked_array(list(map(_templates, unrouted.chunks)), pa.string()))


def _templates(paths: pa.Array) -> pa.Array:
    """Return :func:`path_template` of every path; each segment is looked at once."""
    bare = pc.list_element(pc.split_pattern(paths, "?", max_splits=1), 0)
    split = pc.split_pattern(bare, "/")
    segments = split.flatten().dictionary_encode()
    known = pa.array(map(_segment, segments.dictionary.to_pylist()), pa.string())
    rows = pa.ListArray.from_arrays(
        split.offsets, known.take(segments.indices), mask=split.is_null()
    )
    return pc.binary_join(rows, "/")


@lru_cache(maxsize=8192)
def _segment(text: str) -> str:
    return "{id}" if _VARIABLE.fullmatch(text) else text
