"""What a call is told, as far as spans show it, and whether the request knew it beforehand.

A value that neither the request names nor all calls share has most likely come out of an earlier
answer: then the call cannot begin before that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np

from perfkit import span_attributes
from perfkit.analyses.parallel.naming import inner_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from perfkit.analyses.parallel.matrix import Matrix
    from perfkit.analyses.parallel.steps import Steps
    from perfkit.span_ids import Ints

__all__ = ["Verdict", "inputs"]

#: Requests whose values are compared, evenly over time.
_REQUESTS = 400
#: Ids of so many different requests prove that they are passed on, not equal by chance.
_DIFFERENT = 3
_PIECE = re.compile(r"[^\W_]+")
# "/items/{id}", "/items/:id", "/items/*", "/items/<id>", "?id=?", "REDACTED": templates, not URLs
_TEMPLATE = re.compile(r"[{}*<>?]|/:|%7B|(?i:redacted|masked|%3F)")
_ID_NAME = re.compile(
    r"(.*[_\-.]|)(id|ids|uuid|guid|key|ref|token|cursor|after|before|since|marker|page|offset|next"
    r"|user|account|customer|owner|email|name|slug|code|sku|hash|version)"
    r"|.*(Id|Ids|Key|Token|Cursor|Ref|Name)"
)
_PLACEHOLDER = re.compile(r"\?|\$\d|%s|%\(|(?<![:\w]):[A-Za-z_]|@[A-Za-z_]\w*|\.\.\.$|…$")
_LITERAL = re.compile(r"'((?:[^']|'')*)'|(?<![\w.$])(\d+(?:\.\d+)?)(?![\w.])")
_COUNTED = re.compile(r"\b(?:limit|top|first|next|offset)\s*\(?\s*$", re.IGNORECASE)
_PARAMETER = re.compile(r"db\.(?:query|operation)\.parameter\.|db\.(?:statement\.)?parameters?\b")
# what a request brings with it; everything else may have been set while it was served
_BROUGHT = re.compile(
    r"(?:meta\.)?(?:http\.(?:url|target|request\.header\.)|url\.(?:full|path|query)"
    r"|rpc\.request\.|messaging\.message\.(?:id|body)|graphql\.variables|faas\.trigger)"
)
_LONGEST = 4000  # characters of a text that are looked at
_MANY_DIGITS = 2
_LONG = 8


class Verdict(NamedTuple):
    """Whether the request knows everything an operation is told; else why that is not known.

    ``hidden``: spans do not show what it is told; otherwise something in it is of unknown origin.
    """

    known: bool
    hidden: bool = False
    reason: str = ""


class Value(NamedTuple):
    """One piece of what a call is told: where it stands, and whether it could be an id.

    ``whole`` is the value that it is a piece of.
    """

    slot: str
    piece: str
    whole: str
    identifies: bool


def inputs(matrix: Matrix, column: int) -> Verdict:
    """Say whether the calls of an operation are told nothing that came up while serving."""
    present = np.flatnonzero(matrix.present[:, column] & matrix.usable)
    chosen = present[:: max(1, -(-len(present) // _REQUESTS))]
    steps, rows = matrix.steps, matrix.row[chosen, column]
    if matrix.operations[column].kind == "internal":
        told = [_inside(steps, row) for row in rows.tolist()]
    else:
        told = _told(steps, rows.tolist())
    if any(values is None for values in told):
        return Verdict(known=False, hidden=True, reason="its spans do not show what it is told")
    owners = steps.forest.owner[matrix.site.containers[chosen]]
    return _judged([values for values in told if values is not None], _brought(steps, owners))


def _judged(told: Sequence[Sequence[Value]], brought: Sequence[frozenset[str]]) -> Verdict:
    seen: defaultdict[str, set[str]] = defaultdict(set)
    strange: defaultdict[str, set[str]] = defaultdict(set)
    identifies: set[str] = set()
    for values, request in zip(told, brought, strict=True):
        for slot, piece, whole, could in values:
            seen[slot].add(whole)
            if piece not in request:
                strange[slot].add(piece)
            if could:
                identifies.add(slot)
    for slot, wholes in seen.items():
        if strange[slot] and (len(strange[slot]) > 1 or slot in identifies):
            return Verdict(
                known=False, reason="it is told something that the request does not name"
            )
        if slot in identifies and len(wholes) < _DIFFERENT:
            return Verdict(known=False, hidden=True, reason="it is told the same id every time")
    return Verdict(known=True)


def _inside(steps: Steps, row: int) -> list[Value] | None:
    """Return what all the calls below a wrapper are told."""
    found: list[Value] = []
    for place, values in enumerate(_told(steps, inner_calls(steps, row))):
        if values is None:
            return None
        found += [value._replace(slot=f"{place}.{value.slot}") for value in values]
    return found


def _told(steps: Steps, rows: list[int]) -> list[list[Value] | None]:
    forest = steps.forest
    at = np.array(rows, np.int64)
    columns = (forest.texts(name, at) for name in ("category", "statement", "url"))
    attributes = span_attributes.attributes(forest.rows, rows)
    return [
        _one(category, statement, url, known)
        for category, statement, url, known in zip(*columns, attributes, strict=True)
    ]


def _one(
    category: str | None, statement: str | None, url: str | None, attributes: Mapping[str, Any]
) -> list[Value] | None:
    """Return the values one call is told; None where the span does not show them."""
    if statement and category == "cache":
        return _of_key(statement[:_LONGEST])
    if statement:
        return _of_statement(statement, attributes)
    return _of_url(url[:_LONGEST]) if url and category != "rpc" else None


def _of_url(url: str) -> list[Value] | None:
    try:
        _, _, path, query, _ = urlsplit(url)
    except ValueError:  # "http://[": spans hold what clients sent
        return None
    if _TEMPLATE.search(path) or _TEMPLATE.search(query):
        return None
    found = [
        Value(f"/{place}.{n}", piece, segment, _like_id(piece))
        for place, segment in enumerate(unquote(path).split("/"))
        for n, piece in enumerate(_pieces(segment))
    ]
    for name, value in parse_qsl(query, keep_blank_values=True):
        names = bool(_ID_NAME.fullmatch(name))
        found += [
            Value(f"?{name}.{n}", piece, value, names or _random(piece))
            for n, piece in enumerate(_pieces(value))
        ]
    return found


def _of_key(statement: str) -> list[Value] | None:
    """Return the pieces of a cache's key; a command without one, or with ``?``, shows nothing."""
    words = statement.split()
    if len(words) < 2 or _TEMPLATE.search(statement):  # noqa: PLR2004 - command and key
        return None
    return [
        Value(f"{place}.{n}", piece, word, _like_id(piece))
        for place, word in enumerate(words[1:])
        for n, piece in enumerate(_pieces(word))
    ]


def _of_statement(statement: str, attributes: Mapping[str, Any]) -> list[Value] | None:
    if len(statement) > _LONGEST:
        return None
    bound = [
        Value(f"{key}.{n}", piece, str(value), identifies=True)
        for key, value in attributes.items()
        if _PARAMETER.match(key)
        for n, piece in enumerate(_pieces(str(value)))
    ]
    if _PLACEHOLDER.search(statement) and not bound:
        return None
    return bound + list(_literals(statement))


def _literals(statement: str) -> Iterator[Value]:
    """Yield the literals; a number identifies something unless it only says how many."""
    for place, found in enumerate(_LITERAL.finditer(statement)):
        text, number = found.groups()
        if number is None:
            for n, piece in enumerate(_pieces(text)):
                yield Value(f"'{place}.{n}", piece, text, _like_id(piece))
        elif not _COUNTED.search(statement[max(found.start() - 20, 0) : found.start()]):
            yield Value(f"{place}", number, number, identifies=True)


def _brought(steps: Steps, owners: Ints) -> list[frozenset[str]]:
    """Return the pieces that each request names, without its host."""
    rows = owners.tolist()
    urls = steps.forest.texts("url", owners)
    attributes = span_attributes.attributes(steps.forest.rows, rows)
    return [
        frozenset(_pieces_of_request(url, known))
        for url, known in zip(urls, attributes, strict=True)
    ]


def _pieces_of_request(url: str | None, attributes: Mapping[str, Any]) -> Iterator[str]:
    texts = [url] if url else []
    texts += [str(value) for key, value in attributes.items() if _BROUGHT.match(key)]
    for text in texts:
        yield from _pieces(_without_host(text[:_LONGEST]))


def _without_host(text: str) -> str:
    try:
        _, _, path, query, _ = urlsplit(text)
    except ValueError:
        return text
    return unquote(f"{path} {query}".replace("+", " "))


def _pieces(text: str) -> Iterable[str]:
    return _PIECE.findall(text.lower())


def _like_id(piece: str) -> bool:
    """Say whether a piece could identify a thing: a number, or a random text."""
    return piece.isdigit() or _random(piece)


def _random(piece: str) -> bool:
    """Say whether a piece is long and full of digits, such as parts of a UUID or a digest."""
    return len(piece) >= _LONG and sum(map(str.isdigit, piece)) >= _MANY_DIGITS
