"""Values as a program printed them -> JSON: rows of Python, Ruby and JavaScript.

A driver's rows are often pasted as the interpreter showed them: ``[('Limit  (cost=...',), ...]``,
``[{'Plan': {'Node Type': 'Limit', 'Parallel Aware': False}}]``, ``[{"QUERY PLAN"=>"Limit ..."}]``.
Nothing is evaluated: tokens are translated, and json reads the result.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["printed_values"]

_TOKEN = re.compile(
    r"""(?P<text>'(?>(?:[^'\\\n]++|\\.)*+)'|"(?>(?:[^"\\\n]++|\\.)*+)")"""
    r"|(?P<word>[A-Za-z_][\w.]*+)|(?P<number>-?[0-9][0-9.eE+-]*+)"
    r"|(?P<sign>=>|[\[\](){},:])|(?P<blank>\s++)"
)
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r"}
_CONSTANTS = {
    **dict.fromkeys(("True", "true"), "true"),
    **dict.fromkeys(("False", "false"), "false"),
    **dict.fromkeys(("None", "nil", "null", "undefined"), "null"),
}
_SIGNS = {"(": "[", ")": "]", "=>": ":"}
_OPENING, _CLOSING = frozenset("[{("), frozenset("]})")
_MARKS = ("(cost=", "(actual ", "Node Type")
_BEGINS = ("[", "(", "{", "'", '"', "=> [", "=> {")
#: A plan of 20,000 nodes with 100 properties each has fewer.
_MOST = 4_000_000
_DEEPEST = 900


def printed_values(text: str) -> list[Any] | None:
    """Return the values that ``text`` consists of, None where it holds anything beside them.

    Example:
        >>> printed_values("[('Limit',), ('  ->  Result',)]")
        [[['Limit'], ['  ->  Result']]]
    """
    bare = text.strip()
    if not bare.startswith(_BEGINS) or not any(mark in bare for mark in _MARKS):
        return None
    translated = _Translated(bare.removeprefix("=> ")).json()
    if translated is None:
        return None
    try:
        values = json.loads(translated)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None


class _Translated:
    """Translates one token after the other; ``parts`` is the JSON so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parts: list[str] = []
        self.depth = 0
        self.last = ""  # the kind of the token before

    def json(self) -> str | None:
        position = 0
        while position < len(self.text):
            token = _TOKEN.match(self.text, position)
            if token is None or len(self.parts) > _MOST or not self._take(token):
                return None
            position = token.end()
        return None if self.depth else f"[{''.join(self.parts)}]"

    def _take(self, token: re.Match[str]) -> bool:
        kind = token.lastgroup or ""
        if kind == "blank":
            return True
        good = self._sign(token[0]) if kind == "sign" else self._value(kind, token)
        self.last = kind
        return good

    def _sign(self, sign: str) -> bool:
        if sign in _OPENING:
            self._separate()
        self.depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign in _CLOSING and self.parts and self.parts[-1] == ",":
            self.parts.pop()
        self.parts.append(_SIGNS.get(sign, sign))
        return 0 <= self.depth < _DEEPEST

    def _value(self, kind: str, token: re.Match[str]) -> bool:
        if kind == "text":
            if self.last != "text":
                self._separate()
                self.parts.append('"')
            elif self.depth:  # Python goes on with a long text in the next line
                self.parts.pop()
            else:
                return False
            self.parts += [json.dumps(_plain(token[0][1:-1]))[1:-1], '"']
        elif kind == "number" or not self.text.startswith("(", token.end()):
            self._separate()
            self.parts.append(_CONSTANTS.get(token[0]) or json.dumps(token[0]))
        if kind == "number":
            self.parts[-1] = token[0]
        return True

    def _separate(self) -> None:
        """Let values that stand beside each other at the top be elements."""
        if not self.depth and self.parts and self.parts[-1] != ",":
            self.parts.append(",")


def _plain(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1]
    return chr(int(sign[1:], 16)) if len(sign) > 1 else _CONTROL.get(sign, sign)
