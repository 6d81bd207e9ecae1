"""What to write instead of N calls, in the words of the library that sends them."""

from __future__ import annotations

import re

from perfkit.analyses.repeats.snippet_texts import (
    ANY,
    CACHE,
    DATA_LOADER,
    HTTP,
    LOADS,
    RPC,
    WRITES,
)

__all__ = ["at_once", "snippet"]

#: The library that most programs of a language use, unless something tells another.
_USUAL = {
    "ruby": "rails",
    "java": "hibernate",
    "go": "gorm",
    "dotnet": "entity framework",
    "php": "eloquent",
    "nodejs": "sequelize",
}
# "where order_id = ?" as written by people, "where ?::integer = t.order_id" as by SQLAlchemy
_CAST = r"(?:::\w+(?: varying)?)?"
_COLUMN = r'[\w".`\[\]]+'
_BY_ID = re.compile(
    rf"\bwhere (?:(?P<left>{_COLUMN}) = \?{_CAST}|\?{_CAST} = (?P<right>{_COLUMN}))(?![\w\".`:])"
)
_COMMENTS = {"sql": "--", "python": "#", "ruby": "#"}


def snippet(kind: str, library: str, language: str, *, writing: bool) -> tuple[str, str]:
    """Return the language of a snippet and the snippet.

    Args:
        kind: of the target (``sql``, ``cache``, ``http``, ``rpc``).
        library: that sends the statements; "" if nothing tells.
        language: of the process; "" if nothing tells.
        writing: the calls change something.
    """
    if kind != "sql":
        texts = {"cache": CACHE, "rpc": RPC}.get(kind, HTTP)
        return texts.get(language, texts[""])
    if library == "graphql":
        return DATA_LOADER.get(language, DATA_LOADER[""])
    known = library or _USUAL.get(language, "")
    if writing:
        return WRITES.get(known, WRITES[""])
    return LOADS.get(known, ANY)


def at_once(fingerprint: str, system: str, language: str) -> str:
    """Return the statement for all ids, as a comment; "" where it has no simple condition.

    PostgreSQL takes the ids as one array; elsewhere they are listed. The text comes from a log:
    on one line, nothing of it leaves the comment. A null byte would keep Python from reading the
    snippet at all.
    """
    found = _BY_ID.search(fingerprint)
    if found is None:
        return ""
    column = found["left"] or found["right"]
    ids = {"postgresql": "= ANY($1)", "": "= ANY(:ids)"}.get(system, "IN (...)")
    if language == "python" and ids == "= ANY($1)":
        ids = "= ANY(:ids)"
    statement = fingerprint.replace(found[0], f"where {column} {ids}", 1)
    mark = _COMMENTS.get(language, "//")
    return f"{mark} SQL: " + " ".join(statement.replace("\0", " ").split())
