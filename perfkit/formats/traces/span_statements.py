"""The fingerprints of the statements of spans, whatever system they are for.

A span meets the slow log's line of the same statement: SQL has the fingerprint of
:mod:`perfkit.fingerprint` (in MySQL's dialect for MySQL and MariaDB), commands of Redis and
MongoDB have the shapes that the readers of their logs give. What is JSON otherwise (a search of
Elasticsearch) is known by its keys. Of a pipeline every shape counts once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.fingerprint import fingerprint_id, fingerprint_many
from perfkit.formats.logs.mongodb_structures import shapes_of
from perfkit.formats.traces.conventions.systems import CACHES, MYSQL
from perfkit.formats.traces.span_redis import pipeline_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.sql_tokens import Dialect

__all__ = ["fingerprints"]

#: Values in JSON; keys keep their quotes. Lists of values are one value.
_JSON_START = r"^\s*[\{\[]\s*[\"\[\{\]\}]"
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
_JSON_VALUES = (
    (rf"({_JSON_STRING}\s*:)|{_JSON_STRING}|-?[0-9][0-9.eE+-]*|\b(?:true|false|null)\b", r"\1?"),
    (r"\s+", ""),
    (r"\?+", "?"),
    (r"\?([\[{])", r"\1"),
    (r"\[\?(?:,\?)*\]", "[?]"),
)
_VERB_AND_PLACE = r'^\s*\{\s*"(?P<verb>[^"\\]{1,64})"\s*:\s*(?:"(?P<place>[^"\\]{0,255})")?'


def fingerprints(
    statements: pa.Array, systems: pa.Array, databases: pa.Array
) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Return fingerprints and their ids, one per statement (texts); null stays null.

    Example:
        >>> texts = pa.array(["GET user:17", "SELECT 1"]), pa.array(["redis", None])
        >>> fingerprints(*texts, pa.nulls(2, pa.string()))[0].to_pylist()
        ['get user:?', 'select ?']
    """
    kinds = _kinds(statements, systems)
    present = np.unique(kinds)
    if len(present) == 1 and present[0] in _DIALECTS:
        return fingerprint_many(statements, _DIALECTS[present[0]])
    found = pa.nulls(len(statements), pa.string())
    for kind in present:
        mask = pa.array(kinds == kind)
        chosen = statements.filter(mask)
        if kind in _DIALECTS:
            texts = fingerprint_many(chosen, _DIALECTS[kind])[0].cast(pa.string())
        elif kind == _MONGODB:
            texts = _of_mongodb(chosen, databases.filter(mask))
        else:
            texts = _SHAPES[kind](chosen)
        found = pc.replace_with_mask(found, mask, texts)
    encoded = found.dictionary_encode()
    ids = pa.array([fingerprint_id(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return encoded, pa.DictionaryArray.from_arrays(encoded.indices, ids)


def _kinds(statements: pa.Array, systems: pa.Array) -> Any:
    """Return how each statement is to be read."""
    encoded = systems.dictionary_encode()
    by_system = np.array([_kind(name) for name in encoded.dictionary.to_pylist()] + [_SQL])
    kinds = by_system[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    sql = (kinds == _SQL) | (kinds == _MYSQL)
    json = pc.match_substring_regex(statements, _JSON_START).fill_null(False)  # noqa: FBT003
    kinds[sql & json.to_numpy(zero_copy_only=False)] = _JSON
    return kinds


def _kind(system: str) -> int:
    if system in MYSQL:
        return _MYSQL
    if system == "mongodb":
        return _MONGODB
    return _REDIS if system in CACHES else _SQL


def _of_redis(statements: pa.Array) -> pa.Array:
    encoded = statements.dictionary_encode()
    shapes = [pipeline_shape(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(shapes, pa.string()).take(encoded.indices)


def _of_mongodb(commands: pa.Array, databases: pa.Array) -> pa.Array:
    """Return ``find shop.orders filter {status: ?}``, as MongoDB's logs have it."""
    json = pc.if_else(pc.starts_with(commands, "{"), commands, pa.scalar(None, pa.string()))
    shapes = shapes_of(json)
    first = pc.extract_regex(json, _VERB_AND_PLACE)
    verbs, places = (pc.struct_field(first, name).to_pylist() for name in ("verb", "place"))
    parts = zip(shapes.which.tolist(), verbs, databases.to_pylist(), places, strict=True)
    texts = [
        verb and _command(verb, _namespace(within, place), shapes.texts[which])
        for which, verb, within, place in parts
    ]
    other = fingerprint_many(commands)[0].cast(pa.string())
    return pc.coalesce(pa.array(texts, pa.string()), other)


def _command(verb: str, namespace: str | None, shape: tuple[str, str]) -> str:
    return " ".join(filter(None, (shape[0] or verb, namespace, shape[1])))


@lru_cache(maxsize=4096)
def _namespace(database: str | None, collection: str | None) -> str | None:
    if not database:
        return collection or None
    return f"{database}.{(collection or '').removeprefix(f'{database}.') or '$cmd'}"


def _of_json(statements: pa.Array) -> pa.Array:
    encoded = statements.dictionary_encode()
    texts = encoded.dictionary
    for pattern, replacement in _JSON_VALUES:
        texts = pc.replace_substring_regex(texts, pattern, replacement)
    return texts.take(encoded.indices)


_SQL, _MYSQL, _MONGODB, _REDIS, _JSON = range(5)
_DIALECTS: dict[int, Dialect] = {_SQL: "standard", _MYSQL: "mysql"}
_SHAPES: dict[int, Callable[[pa.Array], pa.Array]] = {_REDIS: _of_redis, _JSON: _of_json}
