"""PostgreSQL's log as text (``log_destination = stderr``), with any usual ``log_line_prefix``.

``queries.started_at`` is the time of the log line, which is written when a statement has
ended, less its duration. Statements, plans and events are cut out of the log in bulk; see
``pg_lines`` (records), ``pg_statements``, ``pg_plans``, ``pg_events`` and ``pg_joins``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from perfkit.formats.lines import count_lines
from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_notes import prefix_note
from perfkit.formats.logs.pg_parse import clean, mend, parse_records
from perfkit.formats.logs.pg_prefix import MAIN, SEVERITIES, infer, stated
from perfkit.formats.logs.pg_severities import FOREIGN
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.recording import Note

__all__ = ["FORMAT"]

_MESSAGE = re.compile(rf"^(?!\t)[^\n]{{0,500}}?(?:{SEVERITIES}) ?:  \S".encode(), re.MULTILINE)
_BEGIN = "|".join((*MAIN, *(word for word, name in FOREIGN.items() if name in MAIN)))
_RECORD = re.compile(rf"\n(?!\t)[^\n]{{0,500}}?(?:({_BEGIN})|{SEVERITIES}) ?:  ".encode())
#: Further lines of a record, when the log was rotated within it.
_FIRST = re.compile(rb"(?:\t[^\n]*\n)+(?=[^\t])")
_TAIL = 1 << 16
#: How ``duration:`` begins in other languages.
_DURATIONS = (
    "Dauer|durée|duración|durata|varaktighet|продолжительность|тривалість|期間|执行时间"
    "|실행시간|수행시간|ხანგრძლივობა"
)
_LOCALISED = re.compile(rf":  (?:{_DURATIONS}) ?:? [0-9.]+ |(?:{'|'.join(FOREIGN)}) ?:  ".encode())
_IN_ENGLISH = "set lc_messages = 'C' in postgresql.conf: messages in other languages are not read"


def recognises(head: bytes) -> Recognition:
    """Recognise lines with a severity and two blanks, such as ``LOG:  duration: 1.2 ms``."""
    if head.lstrip()[:1] == b"{":
        return Recognition(confidence=0.0)
    found = len(_MESSAGE.findall(head))
    plain = sum(1 for line in head.splitlines() if line.strip() and line[:1] != b"\t")
    share = found / plain if plain else 0.0
    prefix = infer(head) if found else None
    if prefix is None or share < 0.2:  # noqa: PLR2004 - other programs share a captured stderr
        return Recognition(confidence=0.0)
    timed = "" if prefix.time_width else ", without times"
    return Recognition(
        confidence=(0.97 if prefix.time_width else 0.75) * min(1.0, 0.6 + share),
        reason=f"{found:,} lines with a PostgreSQL severity{timed}",
    )


def cut(data: bytes) -> int:
    """Return where the last message begins: a DETAIL is never cut from its LOG."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = [m.start() + 1 for m in _RECORD.finditer(data, base) if m[1]]
        if found or not base:
            return found[-1] if found else 0
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse whole records; what other chunks decide is pending."""
    template = chunk.hints.get("prefix")
    prefix = stated(template, chunk.head) if template else infer(chunk.head)
    if prefix is None:
        return _not_ours(chunk.data)
    data, notes = clean(chunk.data)
    records = read_records(data, prefix, chunk.zone, last=chunk.last)
    notes.append(prefix_note(prefix))
    if not _is_localised(chunk.head):
        return parse_records(records, chunk, notes)
    notes.append(Note(kind="localised", message=_IN_ENGLISH))
    return replace(parse_records(records, chunk, notes), missing=_IN_ENGLISH)


@lru_cache(maxsize=16)
def _is_localised(head: bytes) -> bool:
    return _LOCALISED.search(head) is not None


def begins(head: bytes) -> int:
    """Return where the first line is that no record before it goes on in."""
    found = _FIRST.match(head)
    return found.end() if found else 0


def _not_ours(data: bytes) -> Parsed:
    lines = count_lines(data)
    reason = "no line has a PostgreSQL severity"
    return Parsed(
        lines=lines, rejected_lines=lines, rejected=(BadLine.of(1, reason, data),) * bool(lines)
    )


FORMAT = Format(
    name="postgres-stderr",
    title="PostgreSQL log (stderr)",
    recognises=recognises,
    cut=cut,
    parse=parse,
    mend=mend,
    begins=begins,
)
