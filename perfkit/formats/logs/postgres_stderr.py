"""PostgreSQL's log as text (``log_destination = stderr``), with any usual ``log_line_prefix``.

``queries.started_at`` is the time of the log line, which is written when a statement has
ended, less its duration. Statements, plans and events are cut out of the log in bulk; see
``pg_lines`` (records), ``pg_statements``, ``pg_plans``, ``pg_events`` and ``pg_joins``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from perfkit.formats.logs.pg_begins import first_message
from perfkit.formats.logs.pg_cut import last_message
from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_notes import prefix_note
from perfkit.formats.logs.pg_parse import clean, mend, not_ours, parse_records
from perfkit.formats.logs.pg_prefix import SEVERITIES, infer, stated
from perfkit.formats.logs.pg_severities import FOREIGN
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.recording import Note

__all__ = ["FORMAT"]

_MESSAGE = re.compile(rf"^(?!\t)[^\n]{{0,500}}?(?:{SEVERITIES}) ?:  \S".encode(), re.MULTILINE)
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


def parse(chunk: Chunk) -> Parsed:
    """Parse whole records; what other chunks decide is pending."""
    template = chunk.hints.get("prefix")
    prefix = stated(template, chunk.head) if template else infer(chunk.head)
    if prefix is None:
        return not_ours(chunk.data, "no line has a PostgreSQL severity")
    data, notes = clean(chunk.data)
    records = read_records(data, prefix, chunk.zone, first=chunk.first, last=chunk.last)
    notes.append(prefix_note(prefix))
    if _is_localised(chunk.head):
        notes.append(Note(kind="localised", message=_IN_ENGLISH))
        return replace(parse_records(records, chunk, notes), missing=_IN_ENGLISH)
    parsed = parse_records(records, chunk, notes)
    if "%p" in prefix.missing:
        return replace(parsed, missing=f"{parsed.missing}; add %p to log_line_prefix as well")
    return parsed


@lru_cache(maxsize=16)
def _is_localised(head: bytes) -> bool:
    return _LOCALISED.search(head) is not None


FORMAT = Format(
    name="postgres-stderr",
    title="PostgreSQL log (stderr)",
    recognises=recognises,
    cut=last_message,
    parse=parse,
    mend=mend,
    begins=first_message,
)
