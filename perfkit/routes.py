"""The route of a request: as recorded, as the application's other logs know it, or by evidence.

Routes come from three places, the first that knows one counts:

1. the row's own ``route``;
2. the routes of other rows, as patterns: a span's ``/orders/{order_id}`` names the path
   ``/orders/17`` of a proxy's log (:mod:`perfkit.routing.matching`);
3. the path itself: ids by their shape, and names in the place of a parameter by how many there
   are (:mod:`perfkit.routing.evidence`, where the thresholds are).

An application's own list of routes goes before all (``Recording.with_routes``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.evidence import Evidence
from perfkit.routing.matching import Routes
from perfkit.routing.paths import shaped
from perfkit.routing.patterns import is_pattern, parts
from perfkit.routing.shapes import section
from perfkit.routing.target import shortened

__all__ = ["distinct", "has", "named", "path_template", "recorded", "routes"]

_NOT_FOUND = 404


def path_template(path: str) -> str:
    """Return ``path`` with ids as ``{id}``, by shape alone (:mod:`perfkit.routing.shapes`).

    Example:
        >>> path_template("/items/17/parts")
        '/items/{id}/parts'
    """
    return "/".join(map(section, path.split("/")))


def routes(requests: pa.Table) -> pa.ChunkedArray:
    """Return the route of every request; null where neither route nor path is known.

    ``requests`` has the columns ``route`` and ``path``, and ``status`` and ``kind`` if they are
    known: requests that were sent teach nothing about those that were served.

    Example:
        >>> routes(pa.table({"route": [None, "/a/{b}"], "path": ["/a/7?x=1", "/a/7"]})).to_pylist()
        ['/a/{b}', '/a/{b}']
    """
    route = requests["route"].cast(pa.string())
    if not route.null_count:
        return route
    sent = has(requests, "kind", "client")
    if not sent.any() or sent.all():
        return _filled(requests, route)
    found = [
        _filled(requests.filter(pa.array(mine)), route.filter(pa.array(mine)))
        for mine in (~sent, sent)
    ]
    place = np.where(sent, np.cumsum(sent) - 1 + (~sent).sum(), np.cumsum(~sent) - 1)
    return pa.chunked_array([*found[0].chunks, *found[1].chunks], pa.string()).take(pa.array(place))


def named(requests: pa.Table, known: Routes) -> pa.ChunkedArray:
    """Return the column ``route`` with the routes of ``known``, where the path fits one.

    Requests that were sent (``kind`` is client) are other applications'.
    """
    targets, code = distinct(requests["path"])
    found = known.of(targets).dictionary_encode()
    place = pc.fill_null(found.indices, -1).to_numpy().astype(np.int32)
    rows = np.append(place, np.int32(-1))[code]
    rows[has(requests, "kind", "client")] = -1
    taught = found.dictionary.take(pa.array(rows, mask=rows < 0))
    own = requests["route"].cast(pa.string())
    return pc.coalesce(pa.chunked_array([taught]), own).dictionary_encode()


def recorded(routes: Any) -> Routes:
    """Return the routes of a column as patterns for the paths of others.

    Names of handlers are none, nor are routes that any path would fit.
    """
    known = pc.unique(routes.cast(pa.string()).drop_null()).to_pylist()
    read = {route: parts(route) for route in known if is_pattern(route)}
    telling = {
        route: pattern
        for route, pattern in read.items()
        if not pattern or any(part.kind == "literal" for part in pattern)
    }
    return Routes(telling, telling.values())


def _filled(requests: pa.Table, route: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ``route``, where it is unknown that of the path."""
    paths, code = distinct(requests["path"])
    asked = np.asarray(route.is_null())
    size = len(paths) + 1
    count = np.bincount(code[asked], minlength=size)[:-1]
    lost = np.bincount(code[asked & has(requests, "status", _NOT_FOUND)], minlength=size)[:-1]
    used = np.flatnonzero(count)
    found = _distinct(paths.take(pa.array(used)), recorded(route), count[used], lost[used])
    place = np.full(size, -1)
    place[used] = np.arange(len(used))
    rows = place[code]
    by_path = found.take(pa.array(rows, mask=rows < 0))
    return pc.coalesce(route, pa.chunked_array([by_path]))


def distinct(column: pa.ChunkedArray) -> tuple[pa.Array, Any]:
    """Return the different request targets of a column, and by row which it has.

    The number of targets stands for an unknown one.
    """
    chunks = [shortened(chunk) for chunk in column.cast(pa.string()).chunks]
    found = pa.chunked_array(chunks, pa.string()).dictionary_encode().unify_dictionaries()
    targets = found.chunk(0).dictionary if found.num_chunks else pa.array([], pa.string())
    codes = [pc.fill_null(chunk.indices, len(targets)).to_numpy() for chunk in found.chunks]
    return targets, np.concatenate([np.empty(0, np.int32), *codes])


def _distinct(paths: pa.Array, known: Routes, count: Any, lost: Any) -> pa.Array:
    """Return the route of every distinct path, asked for ``count`` times, ``lost`` by 404."""
    taught = known.of(paths)
    if not taught.null_count:
        return taught
    new = np.asarray(taught.is_null())
    keys = shaped(paths.filter(pa.array(new)))
    evidence = Evidence()
    evidence.add_shaped(keys, count[new], found=(count - lost)[new])
    return pc.replace_with_mask(taught, pa.array(new), evidence.templates().of_shaped(keys))


def has(requests: pa.Table, column: str, value: str | int) -> Any:
    """Say which rows have ``value`` in ``column``; none, where there is no such column.

    Example:
        >>> has(pa.table({"kind": ["client", None]}), "kind", "client").tolist()
        [True, False]
    """
    found = np.zeros(requests.num_rows, np.bool_)
    values = requests[column] if column in requests.column_names else None
    if values is None or values.null_count == len(values):
        return found
    at = 0
    for chunk in values.chunks:
        same = _equal(chunk, value)
        known = pc.fill_null(same, False) if same.null_count else same  # noqa: FBT003 - fills in
        found[at : at + len(chunk)] = known
        at += len(chunk)
    return found


def _equal(values: pa.Array, value: str | int) -> pa.Array:
    """Compare values; of a dictionary each text is looked at once."""
    if not pa.types.is_dictionary(values.type):
        return pc.equal(values, value)
    return pc.equal(values.indices, pc.index(values.dictionary, value).as_py())
