"""What EXPLAIN printed, saved to a file: plans of PostgreSQL, MariaDB and MySQL.

Text and JSON of PostgreSQL (also as pgMustard, explain.depesz.com and explain.dalibo.com take
them, with psql's frame, or without), JSON of MariaDB and MySQL, the tree of MySQL. A file may
hold several, one behind the other or one JSON document per line. A plan that was not executed
has no duration; none has a time of day.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from perfkit import tables
from perfkit.errors import PerfkitError
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.lines import count_lines
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.plans.records import begins, first_json, last_begin
from perfkit.formats.text import to_utf8
from perfkit.plans.read import read_plan
from perfkit.recording import Note

if TYPE_CHECKING:
    import pyarrow as pa

    from perfkit.plans.model import Plan

    Found = tuple[int, str, Plan]

__all__ = ["FORMAT"]

#: Above the first plan there may be the command, psql's heading and rule, but no log.
_ABOVE = 60  # lines
_LOOKED_AT = 16_384  # characters
#: A log with plans of auto_explain in it is the log's, whatever it begins with.
_LOG = re.compile(
    r"^[^\n]{0,200}?(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|\b[A-Z]+:  duration: [0-9.]+ ms  plan:)[^\n]{0,200}?: ",
    re.MULTILINE,
)
_WORD = re.compile(r"\w")
_SIGNS = ("cost=", "(actual ", "Node Type")
_LAST = 0.46  # any other format that is sure of the input is the better guess
_UNDATED = Note(
    kind="no_time_of_day",
    message="plans that EXPLAIN printed have no time: they are in the order of the file",
)
_CUT = Note(
    kind="truncated_plans", message="the end of a plan is missing: its first nodes are kept"
)
_MISSING = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON), without XML and YAML"


def recognises(head: bytes) -> Recognition:
    """Recognise a plan that the input begins with, below a heading at most."""
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    if first_json(text):
        return Recognition(confidence=0.97, reason="a plan of EXPLAIN as JSON")
    if _LOG.search(text):
        return Recognition(confidence=0.0)
    text = text[:_LOOKED_AT]
    found = begins(text) if text.lstrip()[:1] not in {"{", "["} else []
    if found and _is_heading(text[: found[0]]) and _reads(text[found[0] :]):
        return Recognition(confidence=0.95, reason="plans as EXPLAIN prints them")
    if _is_one(text):
        return Recognition(confidence=_LAST, reason="a plan as it was pasted")
    return Recognition(confidence=0.0)


def _is_one(text: str) -> bool:
    """Whether the text is one plan in a frame: a quoted mail, numbered lines, a program's rows."""
    return any(sign in text for sign in _SIGNS) and _readable(text, least=2)


def _is_heading(above: str) -> bool:
    """Whether what stands above the first plan may be a command: no log, no other records."""
    lines = [line for line in above.splitlines() if _WORD.search(line)]  # no drawn ones
    if len(lines) > _ABOVE:
        return False
    words = above.lower()
    return not lines or "explain" in words or "query plan" in words or "analyze" in words


def _reads(text: str) -> bool:
    places = begins(text)
    return _readable(text[places[0] : places[1] if len(places) > 1 else len(text)])


def _readable(text: str, *, least: int = 1) -> bool:
    """Whether it is one plan with so many nodes."""
    try:
        return len(read_plan(text).tree) >= least
    except PerfkitError:
        return False


def _places(text: str) -> list[int]:
    """Return where the plans begin: one in a frame begins with its frame."""
    places = begins(text)
    if places and _is_heading(text[: places[0]]):
        return places
    return [0] if _is_one(text) else places


def cut(data: bytes) -> int:
    """Return where the last plan begins (``Format.cut``)."""
    text = data.decode("utf-8", "surrogateescape")
    return len(text[: last_begin(text)].encode("utf-8", "surrogateescape"))


def parse(chunk: Chunk) -> Parsed:
    """Read the plans; lines above the first one are irrelevant."""
    data, notes = to_utf8(chunk.data)
    text = data.decode()
    places = _places(text)
    found, bad, lost = [], [], 0
    for start, end in itertools.pairwise([*places, len(text)]):
        body, line = text[start:end], text.count("\n", 0, start) + 1
        try:
            found.append((line, body.strip(), read_plan(body)))
        except PerfkitError as error:
            bad.append(BadLine.of(line, error.message, body.encode()))
            lost += count_lines(body.encode())
    lines = count_lines(data)
    above = count_lines(text[: places[0]].encode()) if places else lines
    return Parsed(
        tables={"plans": _table(found)} if found else {},
        rejected=kept(bad),
        rejected_lines=lost,
        irrelevant=above,
        lines=lines,
        notes=(*notes, *_notes([plan for _, _, plan in found])),
        missing=_MISSING,
    )


def _table(found: list[Found]) -> pa.Table:
    statements = tables.from_columns("plans", {"statement": [p.statement for _, _, p in found]})
    _, identifiers = fingerprint_many(statements["statement"])
    return tables.from_columns(
        "plans",
        {
            "duration_ms": [plan.execution_ms if plan.analyzed else None for _, _, plan in found],
            "fingerprint_id": identifiers,
            "statement": [plan.statement for _, _, plan in found],
            "plan": [body for _, body, _ in found],
            "shape_id": [plan.shape_id for _, _, plan in found],
            "line": [line for line, _, _ in found],
        },
    )


def _notes(plans: list[Plan]) -> list[Note]:
    found = [_UNDATED] if plans else []
    return found + ([_CUT] if any(plan.lost for plan in plans) else [])


FORMAT = Format(
    name="explain-plan",
    title="plans that EXPLAIN printed (text or JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
