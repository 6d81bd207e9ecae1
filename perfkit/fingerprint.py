"""One statement normaliser for every source: client, server log, pg_stat_statements, trace.

The fingerprint of a statement is its text without comments and excess blanks, lower-cased
outside quotes (ASCII letters only, as PostgreSQL folds them), where

* literals, the signs before them and placeholders (``$1 ? %s %(name)s :name @p1``) are ``?``;
  NULL, TRUE, FALSE, casts and quoted identifiers stay;
* of the elements of ``in (...)`` and ``array[...]`` those that repeat an earlier one are
  gone: ``in (?)``, whether one value was listed or 2,000;
* the rows of VALUES after the first are ``, ...``;
* a ``;`` at the end is gone.

It is not a parser: any text, truncated or no SQL at all, has a fingerprint, in linear time,
and the fingerprint of a fingerprint is itself. ``"..."`` is an identifier, as the standard has
it, although MySQL may read a string.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.sql_shape import shape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["fingerprint", "fingerprint_id", "fingerprint_many"]

_LONGEST_CACHED = 8192  # characters; 4,096 such texts and shapes take at most some 100 MB

# Texts in which a quote or a digit may mean something else than a literal: quoted identifiers,
# escapes, comments, dollar quotes, names with a dollar or with letters that \b does not know.
_INTRICATE = r"""["`\\]|--|/\*|\$(?:[^0-9]|$)|[A-Za-z0-9_]\$|[^\x00-\x7F]"""

_cached_shape = lru_cache(maxsize=4096)(shape)


def fingerprint(statement: str) -> str:
    """Return the fingerprint of ``statement``.

    Example:
        >>> fingerprint("SELECT *  FROM t WHERE a IN (1,2) AND b = -1.5 -- why")
        'select * from t where a in (?) and b = ?'
    """
    return shape(statement) if len(statement) > _LONGEST_CACHED else _cached_shape(statement)


def fingerprint_id(fingerprint_text: str) -> str:
    """Return the id of a fingerprint: 16 hexadecimal digits of its BLAKE2b hash."""
    data = fingerprint_text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def fingerprint_many(
    statements: pa.Array | pa.ChunkedArray | Sequence[str | None],
) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Return the fingerprints and their ids, one per statement; null stays null.

    Each distinct text is normalised once. Both results are dictionaries with int32 indices
    (the type of ``fingerprint`` and ``fingerprint_id`` in the tables).
    """
    if not isinstance(statements, pa.Array | pa.ChunkedArray):
        statements = pa.array(statements, pa.string())
    encoded = _encoded(statements)
    blanked = _blanked(encoded.dictionary).dictionary_encode()
    texts = blanked.dictionary.to_pylist()
    distinct = pa.array([fingerprint(text) for text in texts], pa.string()).dictionary_encode()
    indices = pc.take(pc.take(distinct.indices, blanked.indices), encoded.indices)
    ids = pa.array([fingerprint_id(text) for text in distinct.dictionary.to_pylist()], pa.string())
    return (
        pa.DictionaryArray.from_arrays(indices, distinct.dictionary),
        pa.DictionaryArray.from_arrays(indices, ids),
    )


def _encoded(statements: Any) -> Any:
    """Return one DictionaryArray; only the indices of several chunks are copied together."""
    if not pa.types.is_dictionary(statements.type):
        statements = statements.dictionary_encode()
    if isinstance(statements, pa.ChunkedArray):
        return statements.unify_dictionaries().combine_chunks()
    return statements


def _blanked(texts: Any) -> Any:
    """Empty the plain strings and the whole numbers, where that is safe; the shape is the same.

    Two passes of C code at some 2 us leave a few hundred of many thousand texts for the
    tokeniser, which takes 100 us for one.
    """
    texts = texts.cast(pa.string())
    simple = pc.replace_substring_regex(texts, r"'[^']*(?:''[^']*)*'", "''")
    simple = pc.replace_substring_regex(simple, r"\b[0-9]+\b", "0")
    return pc.if_else(pc.match_substring_regex(texts, _INTRICATE), texts, simple)
