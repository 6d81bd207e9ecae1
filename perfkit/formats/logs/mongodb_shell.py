"""Documents as MongoDB's text log prints them -> values that are JSON.

``{ a: 1.0, d: new Date(1514764800000), _id: ObjectId('5a8c'), r: /^x/i, "odd key": [ 1, 2 ] }``:
keys without quotes, values in the notation of the shell. What is cut off ends where it ends.
Texts are not escaped in old logs, so that what is behind a quote inside of one may be lost.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["document_end", "read_document"]

_QUOTED = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"
_BRACKETS = re.compile(rf"{_QUOTED}|[{{}}\[\]\"']")
_TOKEN = re.compile(
    rf"\s*(?:([{{}}\[\],])|(/(?:[^/\\\n]|\\.)*/[a-z]*)|({_QUOTED})"
    r"|((?:new )?[A-Za-z]{1,40}\([^)]{0,400}\))|([^\s{}\[\],\"']+)|[\"'])"
)
_KEY = re.compile(rf"\s*({_QUOTED}|[^\s{{}}\[\],\"':]+):(?=\s)")
_CALL = re.compile(r"(?:new )?([A-Za-z]+)\(['\"]?([^'\")]*)")
_CALLS = {"ObjectId": "$oid", "UUID": "$uuid", "NumberDecimal": "$numberDecimal"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?)")
_OPEN, _CLOSE = frozenset("{["), frozenset("}]")
#: A quote by itself: its text has no end.
_OPENS_TEXT = frozenset({'"', "'"})
#: MongoDB nests documents up to 100 deep.
_DEEPEST = 100


def document_end(text: str, at: int) -> int:
    """Return where the document that begins at ``at`` ends; the end of ``text`` if it is cut."""
    depth = 0
    for token in _BRACKETS.finditer(text, at):
        mark = token[0]
        if mark in _OPENS_TEXT:
            break
        depth += (mark in _OPEN) - (mark in _CLOSE)
        if depth <= 0:
            return token.end()
    return len(text)


def read_document(text: str) -> dict[str, Any]:
    """Return the document in ``text``; what cannot be understood in it is text."""
    root: list[Any] = []
    stack: list[Any] = [root]
    position, key = 0, ""
    while position < len(text):
        holder = stack[-1]
        found = _KEY.match(text, position) if isinstance(holder, dict) and not key else None
        if found:
            key, position = _unquoted(found[1]), found.end()
            continue
        token = _TOKEN.match(text, position)
        if token is None or token.lastindex is None:
            break  # nothing but blanks, or a text without its end
        position = token.end()
        key = _take(token, key, stack)
    return root[0] if root and isinstance(root[0], dict) else {}


def _take(token: re.Match[str], key: str, stack: list[Any]) -> str:
    """Take one token in; return the key that still waits for its value."""
    mark = token[1]
    if mark in {"{", "["}:
        inner: Any = {} if mark == "{" else []
        _put(stack[-1], key, inner)
        if len(stack) < _DEEPEST:
            stack.append(inner)
    elif mark in {"}", "]"}:
        if len(stack) > 1:
            stack.pop()
    elif mark is None:
        _put(stack[-1], key, _value(token))
        return key  # "Timestamp 1502380885000|3": more words belong to the value
    return ""


def _put(holder: Any, key: str, value: Any) -> None:
    if isinstance(holder, list):
        holder.append(value)
    elif key:
        holder.setdefault(key, value)


def _value(token: re.Match[str]) -> Any:
    if token[3]:
        return _unquoted(token[3])
    if token[4]:
        return _called(token[4])
    if token[2]:
        return {"$regularExpression": token[2]}
    word = token[5]
    if word in _WORDS:
        return _WORDS[word]
    number = _NUMBER.fullmatch(word)
    if number is None:
        return word
    return float(word) if number[1] or number[2] else int(word)


def _called(text: str) -> Any:
    """Return ``ObjectId('5a8c')`` and its like as Extended JSON."""
    found = _CALL.match(text)
    if found is None:
        return text
    name, argument = found[1], found[2]
    if name in _CALLS:
        return {_CALLS[name]: argument}
    number = re.fullmatch(r"-?[0-9]{1,18}", argument)
    if name == "Date" and number:
        return {"$date": int(argument)}
    return int(argument) if name.startswith("Number") and number else text


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in {'"', "'"} else text
