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


@lru_cache(maxsize=8192)
def path_template(path: str) -> str:
    """Return ``path`` with ids as ``{id}``.

    Example:
        >>> path_template("/items/17/parts")
        '/items/{id}/parts'
    """
    return "/".join(
        "{id}" if _VARIABLE.fullmatch(segment) else segment for segment in path.split("/")
    )


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
    paths = pa.chunked_array(unrouted).combine_chunks().dictionary_encode()
    known = [path_template(text.split("?", 1)[0]) for text in paths.dictionary.to_pylist()]
    templates = pa.array(known, pa.string()).take(paths.indices)
    return pa.chunked_array([pc.coalesce(route.combine_chunks(), templates)])
