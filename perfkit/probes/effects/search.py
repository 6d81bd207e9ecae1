"""The search for functions with effects, from names to bodies and on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.postgres_sql import code
from perfkit.probes.effects import lists
from perfkit.probes.effects.catalogue import functions, texts
from perfkit.probes.effects.folded import folded
from perfkit.probes.sql_names import ANYWHERE, Called, Names, names_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from perfkit.probes.effects.catalogue import Function

__all__ = ["Effect", "Frame", "Search", "effects"]

_TRUSTED = ("pg_catalog", "information_schema")
_READABLE = ("sql", "plpgsql")
_DEEPEST = 8
_FIRST_OID = 16384  # what was made after initdb has one from here on (FirstNormalObjectId)
#: In a body, these begin statements whose effects outlive a rollback, or reach files or servers.
_COMMANDS = {"copy", "load", "prepare", "deallocate", "checkpoint", "do", "import"}
_BEFORE_COMMAND = {";", "begin", "then", "else", "loop", "atomic"}


class Effect(NamedTuple):
    """A function that is not run, and why.

    ``planned``: the planner itself might run it. ``allow``: the function of the user's own
    by whose name it can be allowed, "" if it is PostgreSQL's own and called directly.
    """

    name: str
    reason: str
    planned: bool
    allow: str = ""


class Frame(NamedTuple):
    """Names to look at. ``undone``: within a write that is rolled back, as in a trigger.

    ``folded``: nothing but the planner meets them, which does not run what is volatile.
    """

    names: Names
    via: str = ""
    inside: bool = False  # a body of a function that the planner might run
    undone: bool = False
    folded: bool = False
    allow: str = ""  # the outermost function of the user's own
    depth: int = 1


def effects(
    connection: Connection, names: Names | Iterable[str], *, allowed: Collection[str] = ()
) -> list[Effect]:
    """Return the functions among ``names``, or reached through them, that have effects.

    ``allowed`` are functions of the user's own (``name`` or ``schema.name``) that pass with
    everything they call.
    """
    if not isinstance(names, Names):
        names = Names(frozenset(Called(name, ANYWHERE) for name in names))
    return Search(connection, frozenset(allowed)).run(Frame(names))


@dataclass
class Search:
    """One search; ``bodies`` are the texts that were looked through."""

    connection: Connection
    allowed: frozenset[str] = frozenset()
    bodies: list[str] = field(default_factory=list)
    _seen: set[object] = field(default_factory=set)
    _waiting: deque[Frame] = field(default_factory=deque)

    def run(self, *frames: Frame) -> list[Effect]:
        """Return every effect behind ``frames``, each function once."""
        self._waiting.extend(frames)
        found: dict[str, Effect] = {}
        while self._waiting:
            frame = self._waiting.popleft()
            for effect in self._look(frame):
                if effect.planned or effect.name not in found:
                    found[effect.name] = effect
        return list(found.values())

    def _look(self, frame: Frame) -> list[Effect]:
        if frame.depth > _DEEPEST:
            name = min(frame.names.calls, default=Called("?")).name
            reason = "it is called too deeply to be followed"
            return [Effect(name, reason, planned=True, allow=frame.allow)]
        called = functions(self.connection, frame.names)
        found = [self._effect(function, frame) for function in called]
        self._expand(frame)
        return [effect for effect in found if effect]

    def _expand(self, frame: Frame) -> None:
        for text in texts(self.connection, frame.names, anywhere=frame.depth > 1):
            # The parser itself checks the domains within a constant such as '{1}'::d[].
            within = frame._replace(
                via=f"in the {text.what}",
                inside=frame.inside or text.what.startswith("domain "),
                folded=text.columns is not None,
            )
            # Policies of several tables share a name, checks of one domain its name.
            key = text.what, text.text
            self._look_into(key, text.text, within, columns=text.columns)

    def _look_into(
        self, key: object, text: str, frame: Frame, *, columns: Collection[str] | None = None
    ) -> None:
        met = key, frame.inside, frame.folded
        if met not in self._seen:
            self._seen.add(met)
            self.bodies.append(text)
            names = (names_in(text) if columns is None else folded(text, columns)).anywhere()
            self._waiting.append(frame._replace(names=names, depth=frame.depth + 1))

    def _effect(self, function: Function, frame: Frame) -> Effect | None:
        if frame.folded and function.volatility == "v":
            return None
        if function.schema in _TRUSTED and function.oid < _FIRST_OID:
            return _own(function, frame)
        if {function.name, f"{function.schema}.{function.name}"} & self.allowed:
            return None
        if function.aggregate or (function.procedure and not frame.undone):
            return None
        reason = _in_extension(function, frame) if function.extension else _of_user(function, frame)
        if reason:
            planned = frame.inside or function.volatility != "v"
            allow = frame.allow or function.name
            return Effect(function.name, _told(reason, function, frame), planned, allow)
        if function.body:
            self._look_into(function.oid, function.body, _within(function, frame))
        return None


def _within(function: Function, frame: Frame) -> Frame:
    """Return the frame for the body: the planner might run what is not volatile."""
    inside = frame.inside or function.volatility != "v"
    via, allow = f"called by {function.name}()", frame.allow or function.name
    return frame._replace(via=via, inside=inside, folded=False, allow=allow)


def _own(function: Function, frame: Frame) -> Effect | None:
    name = function.name
    if name in lists.RUNS_TEXT:
        planned = frame.inside or function.volatility != "v"
        return Effect(name, _told("it runs text", function, frame), planned, frame.allow)
    if function.volatility != "v" or name in lists.HARMLESS:
        return None
    if frame.undone and (name in lists.UNDONE or name.startswith("RI_FKey_")):
        return None
    reason = _told("it is marked VOLATILE", function, frame)
    return Effect(name, reason, frame.inside, frame.allow)


def _in_extension(function: Function, frame: Frame) -> str:
    """Return why a function of an extension is not run, "" if it is."""
    if function.name in lists.RUNS_TEXT:
        return "it runs text"
    if function.volatility != "v" or function.name in lists.HARMLESS_IN_EXTENSIONS:
        return ""
    if frame.undone and function.name in lists.HARMLESS_TRIGGERS:
        return ""
    return "it is marked VOLATILE"


def _of_user(function: Function, frame: Frame) -> str:
    """Return why a function of the user's own is not run, "" if its body decides."""
    if function.volatility == "v" and not frame.undone:
        return "it is marked VOLATILE"
    if function.language not in _READABLE:
        return f"it is written in {function.language}"
    if function.backslashes:
        return "it sets standard_conforming_strings: its text reads in two ways"
    words = [token.text.lower() for token in code(function.body or "")]
    if "execute" in words:
        return "it runs text built at run time"
    commands = {
        word
        for before, word in zip([";", *words], words, strict=False)
        if (word in _COMMANDS and before in _BEFORE_COMMAND)
        or (word == "subscription" and before in {"create", "alter", "drop"})
    }
    return f"it runs {min(commands).upper()}" if commands else ""


def _told(reason: str, function: Function, frame: Frame) -> str:
    how = f", called {function.how}" if function.how else ""
    return f"{reason}{how}, {frame.via}" if frame.via else f"{reason}{how}"
