"""One statement normaliser for every source: client, server log, pg_stat_statements, trace.

The fingerprint of a statement is its text without comments and excess blanks, lower-cased
outside quotes (ASCII letters only, as PostgreSQL folds them), where

* literals, the signs before them and placeholders (``$1 ? ?1 %s %(name)s :name @p1``) are
  ``?``; so are NULL, TRUE and FALSE where a value stands, as in pg_stat_statements, but not in
  ``is null``, ``is not true``, ``set null``, ``default false``, ``int not null``;
* casts and names stay, quoted names as they are quoted; digits in names stay, except those
  that number partitions, shards or objects of a session (:mod:`perfkit.sql_names` has the
  rules): ``from events_2024_01`` is ``from events_?``;
* of the elements of ``in (...)`` and ``array[...]`` those that repeat an earlier one are
  gone: ``in (?)``, whether one value was listed or 2,000;
* the rows of VALUES after the first are ``, ...``;
* a ``;`` at the end is gone.

Of a statement that is still longer than 262,144 characters when its lists are folded, or than
32 MB before, the beginning counts, and its fingerprint ends with `` ...``: no hand wrote the
rest, and to cut it into tokens would take seconds and a hundred bytes of memory per byte.

It is not a parser: any text, truncated or no SQL at all, has a fingerprint, in linear time,
and the fingerprint of a fingerprint is itself. ``"..."`` is an identifier, as the standard has
it; in the dialect ``mysql`` it is a string, backslashes escape, ``#`` starts a comment, ``--``
does so before a blank only, and comments do not nest. Statements without such things have one
fingerprint in both dialects, so that client and server meet.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.sql_fold import folded
from perfkit.sql_shape import shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.sql_tokens import Dialect

__all__ = ["fingerprint", "fingerprint_id", "fingerprint_many"]

_LONGEST_CACHED = 8192  # characters; 4,096 such texts and shapes take at most some 100 MB

# Bytes of text that the tokeniser has read before the patterns of perfkit.sql_fold are compiled.
_LITTLE = 20_000

# Characters of a folded statement that are cut into tokens, and what tells that it had more.
_LONGEST, _MORE = 1 << 18, " ..."
# Bytes of a statement whose lists are folded; of longer ones the first quarter is.
_FOLDED = 1 << 25
# Behind these no blank would stand.
_TOUCHING = "([.: "

_cached_shape = lru_cache(maxsize=4096)(shape)


def fingerprint(statement: str, dialect: Dialect = "standard") -> str:
    """Return the fingerprint of ``statement``.

    Example:
        >>> fingerprint("SELECT *  FROM t WHERE a IN (1,2) AND b = -1.5 -- why")
        'select * from t where a in (?) and b = ?'
    """
    if len(statement) > _LONGEST:
        statement = folded(_cut(pa.array([statement], pa.string())), dialect)[0].as_py()
    return _fingerprint(statement, dialect)


def _fingerprint(statement: str, dialect: Dialect) -> str:
    if len(statement) <= _LONGEST_CACHED:
        return _cached_shape(statement, dialect)
    # The fingerprint of what was cut is as long again at most: a blank before each character.
    is_one = statement.endswith(_MORE) and len(statement) <= 2 * _LONGEST + len(_MORE)
    if len(statement) <= _LONGEST or is_one:
        return shape(statement, dialect)
    return shape(statement[:_LONGEST], dialect).rstrip(_TOUCHING) + _MORE


def fingerprint_id(fingerprint_text: str) -> str:
    """Return the id of a fingerprint: 16 hexadecimal digits of its BLAKE2b hash."""
    data = fingerprint_text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def fingerprint_many(
    statements: pa.Array | pa.ChunkedArray | Sequence[str | None], dialect: Dialect = "standard"
) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Return the fingerprints and their ids, one per statement; null stays null.

    Each distinct text is normalised once. Both results are dictionaries with int32 indices
    (the type of ``fingerprint`` and ``fingerprint_id`` in the tables).
    """
    if not isinstance(statements, pa.Array | pa.ChunkedArray):
        statements = pa.array(statements, pa.string())
    encoded = _encoded(statements)
    texts = _cut(encoded.dictionary.cast(pa.string()))
    few = folded(texts, dialect) if texts.nbytes > _LITTLE else texts.dictionary_encode()
    found = [_fingerprint(text, dialect) for text in few.dictionary.to_pylist()]
    distinct = pa.array(found, pa.string()).dictionary_encode()
    indices = pc.take(pc.take(distinct.indices, few.indices), encoded.indices)
    ids = pa.array([fingerprint_id(text) for text in distinct.dictionary.to_pylist()], pa.string())
    return (
        pa.DictionaryArray.from_arrays(indices, distinct.dictionary),
        pa.DictionaryArray.from_arrays(indices, ids),
    )


def _cut(texts: Any) -> Any:
    """Return texts of which those too long to be folded are cut, and say so."""
    if texts.nbytes <= _FOLDED:
        return texts
    long = pc.greater(pc.binary_length(texts), _FOLDED)
    short = pc.utf8_slice_codeunits(texts.filter(long), 0, _FOLDED // 4)
    return pc.replace_with_mask(texts, long, pc.binary_join_element_wise(short, _MORE, ""))


def _encoded(statements: Any) -> Any:
    """Return one DictionaryArray; only the indices of several chunks are copied together."""
    if not pa.types.is_dictionary(statements.type):
        statements = statements.dictionary_encode()
    if isinstance(statements, pa.ChunkedArray):
        return statements.unify_dictionaries().combine_chunks()
    return statements
