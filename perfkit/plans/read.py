"""Read a plan as people have it: from EXPLAIN, from auto_explain, out of a psql window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.errors import EmptyInput, InputError, UnknownFormat
from perfkit.plans.model import Plan
from perfkit.plans.mysql.reading import document as mysql_document
from perfkit.plans.reading.alike import alike_document
from perfkit.plans.reading.inputs import lacking
from perfkit.plans.reading.json_text import (
    MAX_DEPTH,
    decoded,
    documents,
    is_document,
    repaired,
)
from perfkit.plans.reading.literals import printed_values
from perfkit.plans.reading.paste import pasted_lines
from perfkit.plans.reading.rows import unpacked
from perfkit.plans.reading.text import read_text
from perfkit.plans.reading.tree import HINT, MAX_NODES, checked, nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "read_plan"]

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")  # what Windows writes in front
#: Beyond this a text is no plan that a person or a log ever held.
MAX_BYTES = 10_000_000

_STATEMENT = "Query Text"
_SYSTEMS = ("mariadb", "mysql")
_NUMBERS = ("(cost=", "(actual ", "(never executed)")
_OTHERS = ("query_block", '"operation"')  # MariaDB's and MySQL's


class _Found(NamedTuple):
    document: Mapping[str, Any]
    lost: tuple[str, ...] = ()
    text: bool = False  # printed by EXPLAIN as text


def read_plan(text_or_json: str | bytes | list[Any] | Mapping[str, Any]) -> Plan:
    """Return the plan in ``text_or_json``, of PostgreSQL 9.0 to 19.

    Understood are documents of ``EXPLAIN (FORMAT JSON)``, decoded or as text, and the text that
    EXPLAIN prints otherwise, also from auto_explain with the log line in front, with psql's
    borders, pgAdmin's doubled quotes, lines broken by a terminal. Both give the same nodes.
    Plans of MariaDB and MySQL (JSON, and the tree of EXPLAIN ANALYZE) are read as well.
    What a text lacks because it was cut off is said in ``Plan.lost``, a sentence each.

    Raises:
        EmptyInput: there is nothing in it.
        UnknownFormat: it holds no plan, or one in XML or YAML.
        InputError: it holds several plans, or is larger than 10 MB, 20,000 nodes or 300 levels.
        BadRecord: a node lacks its type, or a number in it is none.

    Example:
        >>> read_plan('[{"Plan": {"Node Type": "Result"}}]')
        <Plan: Result, 1 nodes>
    """
    found = _found(text_or_json)
    document = found.document
    rest = alike_document({k: v for k, v in document.items() if k not in {"Plan", _STATEMENT}})
    checked(rest, "the plan", ("Planning Time", "Execution Time"))
    said = document.get(_STATEMENT)
    statement = said if isinstance(said, str) else None
    tree = nodes(document["Plan"], rest, statement, text=found.text)
    lost = (*found.lost, *lacking(tree)) if found.text or found.lost else ()
    system = document.get("System")
    return Plan(
        tree=tree,
        document=rest,
        statement=statement,
        lost=lost,
        system=system if system in _SYSTEMS else "postgresql",
    )


def _found(source: Any) -> _Found:
    if isinstance(source, bytes):
        wide = source[:2] in _UTF16_MARKS
        source = source.decode("utf-16" if wide else "utf-8", "replace")
    value = _decoded(source) if isinstance(source, str) else source
    if isinstance(value, _Found):
        return value
    value = unpacked(value)
    if isinstance(value, str):
        return _found(value)
    if isinstance(value, list):
        value = _only(value) if value else None
    if is_document(value):
        return _Found(value)
    other = mysql_document(value)
    if other is None:
        raise UnknownFormat("read_plan: this is no plan in JSON", hint=HINT)
    return _other(other)


def _other(document: dict[str, Any]) -> _Found:
    """Return a plan of MariaDB or MySQL, whose reader says itself what is lost."""
    return _Found(document, tuple(document.pop("lost", ())))


def _only(plans: list[Any]) -> Any:
    if len(plans) > 1:
        raise _several(len(plans))
    return plans[0]


def _several(count: int) -> InputError:
    return InputError(f"read_plan: there are {count} plans in it", hint="pass one of them")


def _decoded(text: str) -> Any:
    if len(text) > MAX_BYTES:
        raise InputError(f"read_plan: the text is larger than {MAX_BYTES:,} bytes", hint=HINT)
    if not text.strip():
        raise EmptyInput("read_plan: the text is empty", hint=HINT)
    if any(sign in text for sign in _OTHERS) and (other := mysql_document(text)) is not None:
        return _other(other)  # undecoded: an object of MariaDB has several members of one name
    try:
        return decoded(text)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
    values = printed_values(text)
    if values is None:
        return _unwrapped(text)
    return unpacked(values[0] if len(values) == 1 else values)


def _unwrapped(text: str) -> _Found:
    """Find the plan in a paste: behind a log prefix, in a frame, cut off at the end."""
    lines = pasted_lines(text)
    if '"Plan"' in text and (found := _json_in(text, lines)) is not None:
        return found
    _refuse_others(text, lines)
    if not _has_arrow(lines) and (other := mysql_document(text)) is not None:
        return _other(other)
    read = read_text(lines)
    if read is None:
        raise UnknownFormat("read_plan: there is no plan in the text", hint=HINT)
    if read.plans > 1:
        raise _several(read.plans)
    return _Found(read.document, read.lost, text=True)


def _has_arrow(lines: Iterable[str]) -> bool:
    """Whether a node is there as PostgreSQL prints it: MySQL's arrows have one blank."""
    return any("->  " in line and any(sign in line for sign in _NUMBERS) for line in lines)


def _json_in(text: str, lines: list[str]) -> _Found | None:
    bare = "\n".join(line.strip() for line in lines)
    forms = dict.fromkeys((text, bare, bare.replace('""', '"'), "".join(lines)))
    for form in forms:
        if found := list(documents(form)):
            return _Found(_only(found))
    for form in _cut_forms(forms):
        if (part := repaired(form)) is not None:
            return _Found(part.document, (part.lost,))
    return None


def _cut_forms(forms: Iterable[str]) -> list[str]:
    return [form for form in forms if '"Plan"' in form]


def _refuse_others(text: str, lines: list[str]) -> None:
    """Say of formats that EXPLAIN has as well that they are not read."""
    kind = ""
    if "<explain" in text and "<Node-Type>" in text:
        kind = "XML"
    elif "Node Type:" in text and any(line.strip() in {"Plan:", "- Plan:"} for line in lines):
        kind = "YAML"
    if kind:
        raise UnknownFormat(
            f"read_plan: this is a plan in {kind}, which is not read: "
            "use EXPLAIN with FORMAT JSON or FORMAT TEXT",
            hint=HINT,
        )
