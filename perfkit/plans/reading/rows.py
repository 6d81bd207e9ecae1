"""Rows that a client or a program exported -> the plan in their cells, one line or all in each."""

from __future__ import annotations

from typing import Any

from perfkit.plans.reading.json_text import is_document

__all__ = ["unpacked"]

_COLUMN = "query plan"
_MARKS = ("(cost=", "(actual ", "->", '"Plan"', "'Plan'")
_AROUND = 3  # brackets around a row: those of a class, a list, a tuple
_LOOKED_AT = 1_000  # containers: those around the rows are a handful


def unpacked(value: Any) -> Any:
    r"""Return the text or the document in the rows of ``value``; others as they are.

    Known are lists of texts, of rows with one cell, of objects with one member or one that is
    named ``QUERY PLAN``, and objects around such a list (``{"rows": [...]}``).

    Example:
        >>> unpacked([["Limit  (cost=0..1)"], ["  ->  Result  (cost=0..1)"]])
        'Limit  (cost=0..1)\n  ->  Result  (cost=0..1)'
    """
    if is_document(value) or (isinstance(value, list) and all(map(is_document, value))):
        return value
    waiting: list[Any] = [value] if isinstance(value, list | dict) else []
    for _ in range(_LOOKED_AT):
        if not waiting:
            break
        one = waiting.pop(0)
        if is_document(one):
            return one
        if isinstance(one, list) and (found := _joined(one)) is not None:
            return found
        inner = one.values() if isinstance(one, dict) else one
        waiting += [each for each in inner if isinstance(each, list | dict)][:_LOOKED_AT]
    return value


def _joined(rows: list[Any]) -> Any:
    """Return the lines in ``rows`` as a text, the only cell as it is, None for other rows."""
    cells = [_cell(row) for row in rows]
    if cells and isinstance(cells[0], str) and _is_name(cells[0]):
        del cells[0]
    if len(cells) == 1 and isinstance(cells[0], list | dict):
        return _document(cells[0])
    texts = [cell for cell in cells if isinstance(cell, str)]
    plausible = any(mark in text for text in texts for mark in _MARKS)
    return "\n".join(texts) if plausible and len(texts) == len(cells) else None


def _document(cell: Any) -> Any:
    whole = cell[0] if isinstance(cell, list) and len(cell) == 1 else cell
    return cell if is_document(whole) else None


def _cell(row: Any) -> Any:
    """Return what the row holds; None where it has several cells and none is the plan's."""
    if isinstance(row, dict):
        named = [value for name, value in row.items() if _is_name(name)]
        return named[0] if named else _only(list(row.values()))
    if not isinstance(row, list):
        return row
    for _ in range(_AROUND):
        if len(row) == 1 and isinstance(row[0], list):
            row = row[0]
    two = len(row) == 2 and isinstance(row[0], str)  # noqa: PLR2004 - name and value
    return row[1] if two and _is_name(row[0]) else _only(row)


def _only(cells: list[Any]) -> Any:
    return cells[0] if len(cells) == 1 else None


def _is_name(text: str) -> bool:
    return text.strip().lower().replace("_", " ") == _COLUMN
