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

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.evidence import Evidence
from perfkit.routing.matching import Routes
from perfkit.routing.paths import shaped
from perfkit.routing.patterns import is_pattern, parts
from perfkit.routing.shapes import section
from perfkit.routing.target import shortened

__all__ = ["coded", "distinct", "has", "named", "path_template", "recorded", "routes"]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int32]

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
    return coded(requests).cast(pa.string())


def coded(requests: pa.Table) -> pa.ChunkedArray:
    """Return :func:`routes` as dictionaries, in which a text may occur twice: no text per row.

    Example:
        >>> coded(pa.table({"route": ["/a", "/a"]})).type
        DictionaryType(dictionary<values=string, indices=int32, ordered=0>)
    """
    route = _encoded(requests["route"])
    if not route.null_count:
        return route
    sent = has(requests, "kind", "client")
    if not sent.any() or sent.all():
        labels, codes = _filled(requests, route)
    else:
        labels, codes = pa.array([], pa.string()), np.empty(len(sent), np.int32)
        for mine in (~sent, sent):
            chosen = pa.array(mine)
            more, own = _filled(requests.filter(chosen), route.filter(chosen))
            codes[mine] = np.where(own < 0, -1, own + len(labels))
            labels = pa.concat_arrays([labels, more])
    indices = pa.array(codes, mask=codes < 0) if codes.min() < 0 else pa.array(codes)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, labels)])


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
    known = [route for route in routes.unique().to_pylist() if route is not None]
    read = {route: parts(route) for route in known if is_pattern(route)}
    telling = {
        route: pattern
        for route, pattern in read.items()
        if not pattern or any(part.kind == "literal" for part in pattern)
    }
    return Routes(telling, telling.values())


def _filled(requests: pa.Table, route: pa.ChunkedArray) -> tuple[pa.Array, Codes]:
    """Return labels, and by row which is its route: ``route``, where unknown that of the path.

    -1: neither is known.
    """
    paths, code = distinct(requests["path"])
    own, mine = _unified(route, -1)
    asked = code if route.null_count == len(route) else code[mine < 0]
    size = len(paths) + 1
    count = np.bincount(asked, minlength=size)[:-1]
    lost = has(requests, "status", _NOT_FOUND) & (mine < 0)
    lost_of = np.bincount(code[lost], minlength=size)[:-1]
    used = np.flatnonzero(count)
    found = _distinct(paths.take(pa.array(used)), recorded(route), count[used], lost_of[used])
    taught = found.dictionary_encode()
    place = np.full(size, -1, np.int32)
    place[used] = pc.fill_null(taught.indices, -1).to_numpy()
    if not len(own):
        return taught.dictionary, place.take(code)
    place[place >= 0] += len(own)
    return pa.concat_arrays([own, taught.dictionary]), np.where(mine < 0, place.take(code), mine)


def distinct(column: pa.ChunkedArray) -> tuple[pa.Array, Any]:
    """Return the different request targets of a column, and by row which it has.

    The number of targets stands for an unknown one.
    """
    targets, code = _unified(column, None)
    short = shortened(targets)
    if short is targets:
        return targets, code
    once = short.dictionary_encode()
    return once.dictionary, np.append(once.indices.to_numpy(), len(once.dictionary))[code]


def _unified(column: pa.ChunkedArray, unknown: int | None) -> tuple[pa.Array, Codes]:
    """Return the texts of a column, and by row which it has; ``unknown``, or their number."""
    found = _encoded(column).unify_dictionaries()
    texts = found.chunk(0).dictionary if found.num_chunks else pa.array([], pa.string())
    instead = len(texts) if unknown is None else unknown
    codes = np.empty(len(found), np.int32)
    at = 0
    for chunk in found.chunks:
        known = pc.fill_null(chunk.indices, instead) if chunk.null_count else chunk.indices
        codes[at : at + len(chunk)] = known.to_numpy()
        at += len(chunk)
    return texts, codes


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts as dictionaries; what is unknown is so in the rows, not in a dictionary."""
    given = pa.types.is_dictionary(column.type)
    if given and not any(chunk.dictionary.null_count for chunk in column.chunks):
        return column
    return column.cast(pa.string()).dictionary_encode()


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
