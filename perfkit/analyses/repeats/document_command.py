"""Commands of document databases as templates: what is looked for is taken out."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["document_template", "is_document"]

_STRING = r'"(?:[^"\\]|\\.)*+"'
_SCALAR = rf"(?:{_STRING}|'(?:[^'\\]|\\.)*+'|\?|-?\d[\w.+-]*+|true|false|null)"
# a value stands behind a colon, or in a list; a name is followed by a colon
_VALUE = re.compile(rf"([:\[,]\s*+){_SCALAR}(?=\s*+[,\]}}])")
_LIST = re.compile(r"\[ ?\?(?: ?, ?\?)+ ?\]")
# the operation and the collection it works on (MongoDB's command documents)
_COMMAND = re.compile(
    r'\s*+\{\s*+"(?:find|aggregate|count|distinct|findAndModify|findandmodify|insert|update|delete'
    rf'|collection)"\s*+:\s*+{_STRING}'
)
_LONGEST = 3000


def is_document(text: str | None) -> bool:
    """Say whether a statement is a JSON document, as MongoDB's and Elasticsearch's are."""
    return bool(text and text.lstrip()[:1] == "{")


@lru_cache(maxsize=8192)
def document_template(text: str) -> str:
    """Return a document with all values as ``?``, but for the collection.

    Example:
        >>> document_template('{"find": "items", "filter": {"_id": "a7", "n": {"$in": [1, 2]}}}')
        '{"find": "items", "filter": {"_id": ?, "n": {"$in": [?]}}}'
    """
    text = text[:_LONGEST]
    command = _COMMAND.match(text)
    head = command[0] if command else ""
    return head + _LIST.sub("[?]", _VALUE.sub(r"\1?", text[len(head) :]))
