"""An index worth trying, and what it is called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from perfkit.plans.conditions import SortKey
    from perfkit.plans.facts import IndexFacts, Partition

__all__ = ["Candidate", "index_name"]

_NAME_BYTES = 63  # NAMEDATALEN - 1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An index worth trying: nothing proves yet that the planner would use it.

    ``equality`` is how many keys, from the left, are compared with one value. ``where`` is the
    predicate of a partial index as SQL, over ``where_columns``. ``replaces`` is an index that
    this one makes superfluous. ``rows_before`` and ``rows_after`` estimate the rows of the
    table that the statement reads. ``companions`` are indexes without which it is of no use
    (an OR over two columns takes two). ``extension`` has to be created first.
    ``partitions`` are those of the table, ``taken`` the names that exist already.
    """

    table: str
    keys: tuple[SortKey, ...]
    equality: int = 0
    schema: str | None = None
    compared_as_text: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    where: str = ""
    where_columns: tuple[str, ...] = ()
    method: str = "btree"
    unique: bool = False
    options: str = ""
    replaces: IndexFacts | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    rows_before: float | None = None
    rows_after: float | None = None
    companions: tuple[Candidate, ...] = ()
    extension: str = ""
    partitions: tuple[Partition, ...] = ()
    given_name: str = ""
    taken: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The key columns; expressions as SQL."""
        return tuple(key.column for key in self.keys)

    @property
    def gain(self) -> float | None:
        """Share of the rows read that the index is estimated to spare, None if unknown."""
        if self.rows_before is None or self.rows_after is None or self.rows_before <= 0:
            return None
        return max(1.0 - self.rows_after / self.rows_before, 0.0)

    @property
    def name(self) -> str:
        """``table_columns_idx``, at most 63 bytes, none that exists already."""
        if self.given_name:
            return self.given_name
        return self.name_on(self.table)

    def name_on(self, table: str) -> str:
        """Return the name of the same index on ``table``, such as a partition."""
        what = [*self.columns]
        if self.method != "btree":
            what.append(self.method)
        if self.include:
            what += ["incl", *self.include]
        if self.where:
            what += ["where", *_WORD.findall(self.where.lower())]
        return index_name((table, *what), self.taken)

    @property
    def key_list(self) -> str:
        """The keys as SQL: ``user_id, status, created_at DESC``."""
        return ", ".join(_key(key) for key in self.keys)

    @property
    def body(self) -> str:
        """Everything behind ON table: method, keys, INCLUDE, WITH, WHERE."""
        method = "" if self.method == "btree" else f"USING {quoted(self.method)} "
        include = ", ".join(quoted(column) for column in self.include)
        return (
            f"{method}({self.key_list})"
            + (f" INCLUDE ({include})" if include else "")
            + (f" WITH ({self.options})" if self.options else "")
            + (f" WHERE {self.where}" if self.where else "")
        )

    @property
    def qualified_name(self) -> str:
        """The name with its schema, quoted where it must be."""
        return self.qualified(self.name)

    @property
    def qualified_table(self) -> str:
        """The table with its schema, quoted where it must be."""
        return self.qualified(self.table)

    def qualified(self, name: str) -> str:
        """Return ``name`` with the table's schema, quoted where it must be."""
        return ".".join(quoted(part) for part in (self.schema, name) if part)

    def sql(self, *, concurrently: bool = True) -> str:
        """Return what builds it: a script to paste, or one plain statement to try it.

        Concurrently means without blocking writes; the script says under which conditions.
        """
        from perfkit.plans.candidates.script import script, statement

        return script(self) if concurrently else statement(self)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of the script, each to be sent alone and outside a transaction."""
        from perfkit.plans.candidates.script import statements

        return statements(self)

    @property
    def undo(self) -> str:
        """The statements that take it back."""
        from perfkit.plans.candidates.script import undo

        return undo(self)


def index_name(parts: tuple[str, ...], taken: frozenset[str] = frozenset()) -> str:
    """Return ``table_columns_idx``; too long or taken, a digest tells it apart."""
    words = [_words(part) for part in parts]
    name = "_".join((*words, "idx"))
    if len(name.encode()) <= _NAME_BYTES and name not in taken:
        return name
    number = 0
    while True:
        told_apart = "\0".join((*parts, str(number or "")))
        digest = hashlib.blake2b(told_apart.encode(), digest_size=4).hexdigest()
        room = _NAME_BYTES - len(digest) - len("__idx")
        start = name.removesuffix("_idx").encode()[:room].decode(errors="ignore")
        if (found := f"{start}_{digest}_idx") not in taken:
            return found
        number += 1


def _words(part: str) -> str:
    """Return the words of an expression, joined; a plain name stays as it is."""
    if "(" not in part and " " not in part:
        return part
    return "_".join(_WORD.findall(part))


def _key(key: SortKey) -> str:
    text = _expression(key.column) if key.expression else quoted(key.column)
    text += f" COLLATE {key.collation}" if key.collation else ""
    text += f" {key.operator_class}" if key.operator_class else ""
    text += " DESC" if key.descending else ""
    if key.nulls_first != key.descending:
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text


def _expression(sql: str) -> str:
    """Return an expression as CREATE INDEX wants it: in brackets."""
    return f"({sql})"
