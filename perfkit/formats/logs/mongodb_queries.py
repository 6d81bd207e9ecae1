"""Operations of MongoDB, wherever they were logged -> rows of ``queries``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_id
from perfkit.formats.logs.mongodb_structures import Shapes, shapes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GET_MORE", "Operation", "cleaned", "queries", "unported"]

#: What every driver sends and nobody asks for: session, cluster time, read preference.
_NOISE_NAMES = (
    "$db lsid $clusterTime $readPreference $client $configServerState $configTime $topologyTime "
    "$audit $impersonatedUsers txnNumber autocommit startTransaction stmtId stmtIds "
    "mayBypassWriteBlocking clientOperationKey shardVersion databaseVersion "
    "apiVersion apiStrict apiDeprecationErrors"
)
_NOISE = frozenset(_NOISE_NAMES.split())
GET_MORE = "getMore"
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.encode


class Operation(NamedTuple):
    """One operation that ended at ``ended`` (an Arrow time, or what is read as one later).

    ``command`` is compact JSON, ``verb`` its first key, ``collection`` that key's text;
    ``marked``: ``getMore``, when the command is the one that opened the cursor.
    """

    line: int
    ended: Any
    duration_ms: int
    namespace: str
    command: bytes | None
    verb: str
    collection: str
    marked: str
    rows_examined: int | None
    rows_returned: int | None
    lock_ms: float | None
    application: str | None
    client: str | None
    session_id: str | None
    user: str | None
    error: str | None
    attributes: bytes | None


def cleaned(raw: Any, *, named: bool = True) -> tuple[bytes | None, str, str]:
    """Return a command without what every driver adds, its first key, and (``named``) its text.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    try:
        members = _members(raw)
    except msgspec.ValidationError:  # "unrecognized", or something that is no object
        return None, "", ""
    verb = next(iter(members), "")
    collection = _collection(members[verb]) if verb and named else ""
    kept = {key: value for key, value in members.items() if key not in _NOISE}
    return _encode(kept), verb, collection


def _collection(raw: msgspec.Raw) -> str:
    try:
        return _text(raw)
    except msgspec.ValidationError:
        return ""


def queries(operations: Sequence[Operation], ended: pa.Array) -> pa.Table:
    """Return the operations as a table; ``ended`` are their times."""
    if not operations:
        return tables.empty("queries")
    columns = dict(zip(Operation._fields, zip(*operations, strict=True), strict=True))
    ms = np.array(columns["duration_ms"], np.int64)
    statement = pa.array(columns["command"], pa.binary()).cast(pa.string())
    fingerprint, identifier = _fingerprints(columns, shapes_of(statement))
    count = len(operations)
    named = ("rows_examined", "rows_returned", "application", "session_id", "user", "error")
    return tables.from_columns(
        "queries",
        {name: list(columns[name]) for name in named}
        | {
            "started_at": _started(ended, ms),
            "duration_ms": ms,
            "duration_kind": pa.repeat(pa.scalar("server"), count),
            "system": pa.repeat(pa.scalar("mongodb"), count),
            "statement": statement,
            "fingerprint": fingerprint,
            "fingerprint_id": identifier,
            "database": _database(columns["namespace"]),
            "client": unported(pa.array(columns["client"], pa.string())),
            "lock_ms": pa.array(columns["lock_ms"], pa.float64()),
            "attributes": pa.array(columns["attributes"], pa.binary()),
            "line": np.array(columns["line"], np.int64),
        },
    )


def _started(ended: pa.Array, ms: Any) -> pa.Array:
    return pc.subtract(ended.cast(pa.int64()), ms * 1_000_000).cast(pa.timestamp("ns", "UTC"))


def unported(clients: pa.Array) -> pa.DictionaryArray:
    """Return ``10.0.0.8:41712`` without the port; addresses repeat, so each is looked at once."""
    encoded = clients.dictionary_encode()
    hosts = pc.replace_substring_regex(encoded.dictionary, r"^(.*):[0-9]+$", r"\1")
    return hosts.take(encoded.indices)


def _database(namespaces: Any) -> pa.Array:
    encoded = pa.array(namespaces, pa.string()).dictionary_encode()
    names = [name.split(".", 1)[0] or None for name in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def _fingerprints(columns: dict[str, Any], shapes: Shapes) -> tuple[pa.Array, pa.Array]:
    """Return fingerprints and ids; each distinct pair of shape and collection is built once."""
    seen: dict[Any, int] = {}
    texts: list[str] = []
    indices = []
    keys = zip(
        shapes.which.tolist(),
        columns["namespace"],
        columns["verb"],
        columns["collection"],
        columns["marked"],
        strict=True,
    )
    for key in keys:
        if key not in seen:
            seen[key] = len(texts)
            texts.append(_fingerprint(shapes.texts[key[0]], *key[1:]))
        indices.append(seen[key])
    index = pa.array(indices, pa.int32())
    ids = pa.array([fingerprint_id(text) for text in texts], pa.string())
    return (
        pa.DictionaryArray.from_arrays(index, pa.array(texts, pa.string())),
        pa.DictionaryArray.from_arrays(index, ids),
    )


def _fingerprint(
    shape: tuple[str, str], namespace: str, verb: str, collection: str, marked: str
) -> str:
    database, _, rest = namespace.partition(".")
    if rest in {"", "$cmd"} and collection:
        namespace = f"{database}.{collection}"
    return " ".join(filter(None, (marked, shape[0] or verb, namespace, shape[1])))
