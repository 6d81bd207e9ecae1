"""One operation of MongoDB's text log (2.6 to 4.2) -> what the structured log says of it.

``command shop.orders appName: "x" command: find { find: "orders", filter: { a: 1 } }
planSummary: COLLSCAN keysExamined:0 docsExamined:9 nreturned:1 locks:{ ... } 123ms``: documents
behind ``command:``, ``originatingCommand:``, ``query:`` and ``update:``, counts as ``name:1``.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from perfkit.formats.logs.mongodb_legacy import DOCUMENTS, as_command
from perfkit.formats.logs.mongodb_queries import Operation, cleaned
from perfkit.formats.logs.mongodb_shell import document_end, read_document

__all__ = ["Heading", "begins_operation", "text_operation"]

_BEGIN = re.compile(r"(command|query|getmore|update|remove|insert|killcursors) (\S{1,300}) ")
_END = re.compile(r" ([0-9]{1,12})ms\s*$")
_DOCUMENT = re.compile(
    r"\b(appName|command|originatingCommand|query|update|planSummary|locks):"
    r" ?(?:[A-Za-z]+ )?(?=[{\"])"
)
_APPLICATION = re.compile(r'appName: "((?:[^"\\]|\\.){0,200})"')
_COUNT = re.compile(r"\b([A-Za-z]{2,40}):([0-9]{1,15})(?= |$)")
_STAGE = r"[A-Z_0-9]{1,40}(?: \{[^}]{0,1000}\})?"
_PLAN = re.compile(rf"planSummary: ({_STAGE}(?:, {_STAGE}){{0,50}})")
_WAITED = re.compile(r"timeAcquiringMicros: \{([^}]{0,200})\}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_ERROR = re.compile(
    r'errMsg:"((?:[^"\\]|\\.){0,2000})" errName:(\w+)|exception: (.{0,2000}?) code:[0-9]+'
)
_CUT = "warning: log line attempted"
_PRINTED = " ... "


class Heading(NamedTuple):
    """What is in front of a message."""

    line: int
    at: str
    session: str


def begins_operation(message: str) -> bool:
    """Say whether a message tells of an operation: a name, a namespace and documents."""
    return bool(_BEGIN.match(whole(message))) and (
        ": {" in message or "planSummary:" in message or bool(_DOCUMENT.search(message))
    )


def is_cut(message: str) -> bool:
    """Say whether MongoDB itself cut the line ("over max size, printing beginning and end")."""
    return message.startswith(_CUT)


def whole(message: str) -> str:
    """Return the message without the warning that it is cut."""
    return message.partition(_PRINTED)[2] if is_cut(message) else message


def text_operation(heading: Heading, message: str) -> Operation | None:
    """Return the operation that a message tells of, or None when its duration is missing."""
    text = whole(message)
    begin, end = _BEGIN.match(text), _END.search(text[-40:])
    if begin is None or end is None:
        return None
    printed, rest = _sections(text, begin.end())
    documents = {name: read_document(part) for name, part in printed.items() if name in DOCUMENTS}
    counts = {name: int(value) for name, value in _COUNT.findall(rest)}
    kind, namespace = begin[1], begin[2]
    raw, marked = as_command(kind, namespace, documents)
    command, verb, collection = cleaned(msgspec.json.encode(raw))
    application = _APPLICATION.search(text)
    return Operation(
        heading.line,
        heading.at,
        int(end[1]),
        namespace,
        command,
        verb or kind,
        collection,
        marked,
        counts.get("docsExamined", counts.get("nscannedObjects")),
        counts.get("nreturned"),
        _lock_ms(text),
        application[1] if application else None,
        None,
        heading.session or None,
        None,
        _error(rest),
        msgspec.json.encode(_beyond(kind, text, counts)),
    )


def _sections(text: str, at: int) -> tuple[dict[str, str], str]:
    """Return the documents by the word before them, and the text without them."""
    sections: dict[str, str] = {}
    rest = []
    while found := _DOCUMENT.search(text, at):
        rest.append(text[at : found.start()])
        at = _section_end(text, found.end())
        sections.setdefault(found[1], text[found.end() : at])
    return sections, " ".join([*rest, text[at:]])


def _section_end(text: str, at: int) -> int:
    if text[at] == "{":
        return document_end(text, at)
    found = _APPLICATION.match(text, at - len("appName: "))
    return found.end() if found else at + 1


def _lock_ms(text: str) -> float | None:
    waits = _WAITED.findall(text)
    micros = [int(number) for wait in waits for number in _DIGITS.findall(wait)]
    return sum(micros) / 1000 if micros else None


def _error(text: str) -> str | None:
    found = _ERROR.search(text)
    if found is None:
        return None
    return f"{found[2]}: {found[1]}" if found[2] else found[3]


def _beyond(kind: str, text: str, counts: dict[str, int]) -> dict[str, Any]:
    plan = _PLAN.search(text)
    return {"type": kind, **({"planSummary": plan[1]} if plan else {}), **counts}
