"""Plans that auto_explain wrote into a PostgreSQL log, as JSON, text, YAML or XML.

A plan is kept as it was written: :func:`perfkit.plans.read.read_plan` reads JSON and text again,
also where the end is cut off, and refuses YAML and XML, which are counted here.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.errors import PerfkitError
from perfkit.fingerprint import fingerprint_many
from perfkit.plans.reading.json_text import repaired
from perfkit.plans.reading.paste import pasted_lines
from perfkit.plans.reading.text import read_text

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Flags, Records

__all__ = ["Plans", "read_plans", "unread_plans"]

#: The first line of a plan as text, behind the statement.
_ROOT = re.compile(r"^[^\s].*  \(cost=[0-9.]+\.\.[0-9.]+ rows=", re.MULTILINE)
_PARAMETERS = "\nQuery Parameters: "
_IN_XML = re.compile(r"<Query-Text>(.*?)</Query-Text>", re.DOTALL)


class _Document(msgspec.Struct):
    query: str | None = msgspec.field(default=None, name="Query Text")


_decode = msgspec.json.Decoder(_Document).decode


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Plans of one chunk; ``outermost`` leaves out what ran inside another statement."""

    table: pa.Table
    record: Ints
    duration_ms: Any
    statement: pa.Array
    outermost: Flags
    broken: Ints


def read_plans(records: Records, rows: Ints, ms: Any, text: Ints) -> Plans:
    """Read the plans of the records ``rows``; the plan begins at ``text``.

    A plan whose message names a CONTEXT (a function, a trigger) is part of the statement
    that called it: it is a plan, and no statement of its own.
    """
    bodies = records.texts(text, records.end[rows])
    found = [_statement(body) for body in bodies.to_pylist()]
    whole = np.array([good for good, _ in found], np.bool_)
    statement = pa.array([text for good, text in found if good], pa.string())
    broken, rows, ms = rows[~whole], rows[whole], ms[whole]
    _, identifier = fingerprint_many(statement)
    table = tables.from_columns(
        "plans",
        {
            "at": records.times(rows),
            "duration_ms": ms,
            "fingerprint_id": identifier,
            "statement": statement,
            "plan": bodies.filter(pa.array(whole)),
            "line": records.line[rows],
        },
    )
    outermost = ~_nested(records, rows) & statement.is_valid().to_numpy(zero_copy_only=False)
    return Plans(
        table=table,
        record=rows,
        duration_ms=ms,
        statement=statement,
        outermost=outermost,
        broken=broken,
    )


def unread_plans(plans: pa.Table) -> int:
    """Count the plans in YAML and XML, which are kept and cannot be read as plans."""
    text = plans["plan"]
    yaml = pc.match_substring_regex(text, r"^(?:Query Text: [^\n]*\n(?:[^\n]*\n)?)?Plan:")
    other = pc.or_kleene(pc.starts_with(text, "<explain"), yaml)
    return int(pc.sum(other).as_py() or 0)


def _statement(body: str) -> tuple[bool, str | None]:
    """Say whether the plan is whole, and return its statement where it names one."""
    if body.startswith("{"):
        return _of_json(body)
    if body.startswith("<explain"):
        return _of_xml(body)
    if body.startswith('Query Text: "') and "\nPlan:" in body:
        return _of_yaml(body)
    if body.startswith("Query Text: "):
        return _of_text(body)
    return bool(body), None


def _of_json(body: str) -> tuple[bool, str | None]:
    try:
        query = _decode(body).query
    except (msgspec.DecodeError, RecursionError):
        return _of_cut_json(body)
    return True, query.strip() if query else None


def _of_cut_json(body: str) -> tuple[bool, str | None]:
    """Return the statement of a plan whose end is missing, if a node of it is there."""
    try:
        found = repaired(body)
    except PerfkitError:
        return False, None
    if found is None:
        return False, None
    query = found.document.get("Query Text")
    return True, query.strip() if isinstance(query, str) else None


def _of_text(body: str) -> tuple[bool, str | None]:
    root = _ROOT.search(body)
    if root is None:
        return _of_cut_text(body)
    text = body[len("Query Text: ") : root.start()].split(_PARAMETERS, 1)[0]
    return True, text.strip()


def _of_cut_text(body: str) -> tuple[bool, str | None]:
    """Return the statement of a plan that ends within its first line."""
    found = read_text(pasted_lines(body))
    return (False, None) if found is None else (True, found.document.get("Query Text"))


def _of_xml(body: str) -> tuple[bool, str | None]:
    found = _IN_XML.search(body)
    text = html.unescape(found[1]).strip() if found else None
    return body.endswith("</explain>"), text


def _of_yaml(body: str) -> tuple[bool, str | None]:
    """Read the statement, which PostgreSQL quotes as in JSON."""
    quoted = body[len("Query Text: ") : body.index("\n")].rstrip()
    try:
        return True, msgspec.json.decode(quoted, type=str).strip()
    except msgspec.MsgspecError:
        return True, None


def _nested(records: Records, rows: Ints) -> Flags:
    contexts = records.detail(rows, "CONTEXT")
    nested: Flags = contexts.is_valid().to_numpy(zero_copy_only=False)
    return nested
