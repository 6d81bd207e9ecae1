"""``%perfkit``: connections, the lab, sharing, settings."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.magics.options import Command, Line, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.magics.state import Session

__all__ = ["COMMAND", "run"]

SILENCED_BY_SEMICOLON = False
_MARKS = {
    "analyze": "queries are executed to be explained",
    "expendable": "indexes may be built there and rolled back",
}

COMMAND = Command(
    name="perfkit",
    summary="Show what is connected and loaded; connect databases, run the lab, share results.",
    usage="%perfkit [connect NAME URL [--analyze] [--expendable] | lab start|stop|status"
    " | share FILE [NAME ...] | config | version]",
    options=(
        Option("--analyze", "connect: %%explain may execute queries there"),
        Option("--expendable", "connect: indexes may be built there, to prove them"),
        Option("--scale", "size of the lab's database (default 1: 500,000 orders)", "FACTOR"),
    ),
    examples=(
        "%perfkit connect prod postgresql://me@db.example/shop",
        "%perfkit --scale 0.1 lab start",
    ),
)


def run(session: Session, line: Line, body: str | None) -> None:
    """Do what the first word says; without one, show the state."""
    words = _words(f"{line.rest} {body or ''}")
    name, rest = (words[0], words[1:]) if words else ("status", [])
    if name not in _VERBS:
        raise UsageError(f"%perfkit has no verb {name!r}", hint=f"verbs: {', '.join(_VERBS)}")
    print(_VERBS[name](session, line, rest))  # noqa: T201 - a line magic answers in text


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"%perfkit: {error}", hint="close the quotation mark") from None


def _status(session: Session, _line: Line, _words: Sequence[str]) -> str:
    from perfkit.recording import Recording

    loaded = [
        f"  {name}: {sum(t.num_rows for t in value.contents.values()):,} rows"
        for name, value in session.namespace.items()
        if isinstance(value, Recording) and not name.startswith("_")
    ]
    connected = [f"  {alias}" for alias in session.connections.engines]
    return "\n".join(
        [
            "connected:" if connected else "connected: nothing (%perfkit connect NAME URL)",
            *connected,
            "loaded:" if loaded else "loaded: nothing (rec = perfkit.load('postgresql.log'))",
            *loaded,
            "next: perfkit.diagnose(rec)"
            if loaded
            else "next: %perfkit lab start, for a database to try",
        ]
    )


def _connect(session: Session, line: Line, words: Sequence[str]) -> str:
    line, words = _marked(line, words)
    if len(words) < 2:  # noqa: PLR2004 - a name and a target
        raise UsageError(
            "%perfkit connect needs a name and a database",
            hint="%perfkit connect prod postgresql://me@db.example/shop",
        )
    alias, target = words[0], " ".join(words[1:])
    marks = [name for name in _MARKS if line.has(name)]
    engine = session.connections.connect(alias, session.namespace.get(target, target), marks)
    said = "".join(f", {_MARKS[name]}" for name in marks)
    return f"{alias}: connected ({engine.dialect.name}){said}"


def _marked(line: Line, words: Sequence[str]) -> tuple[Line, list[str]]:
    """Take the options that stand behind the words out of them."""
    flags = {name: ("",) for name in _MARKS if f"--{name}" in words}
    rest = [word for word in words if word.removeprefix("--") not in flags or word[:2] != "--"]
    unknown = next((word for word in rest if word.startswith("--")), None)
    if unknown is not None:
        raise UsageError(
            f"%perfkit connect has no option {unknown}", hint="--analyze or --expendable"
        )
    return Line({**line.values, **flags}, line.rest), rest


def _lab(session: Session, line: Line, words: Sequence[str]) -> str:
    from perfkit import lab

    verb = words[0] if words else "status"
    if verb == "start":
        before, session.lab = session.lab, lab.start(scale=line.number("scale", 1))
        if before is not None:
            before.stop()  # one hold is enough, and it is given back
        session.connections.engines["lab"] = session.lab.engine
        session.namespace["lab"] = session.lab
        return f"lab: running, shop at {session.lab.url}; try %%explain lab, or lab.set_faults(...)"
    if verb == "stop":
        session.release()
        lab.stop()
        return "lab: stopped"
    if verb == "status":
        return str(lab.status())
    raise UsageError(f"%perfkit lab has no verb {verb!r}", hint="start, stop or status")


def _share(session: Session, _line: Line, words: Sequence[str]) -> str:
    from perfkit.results import Result
    from perfkit.share import report

    if not words:
        raise UsageError("%perfkit share needs a file", hint="%perfkit share report.html")
    names = words[1:] or [n for n in session.namespace if not n.startswith("_")]
    found = {n: session.namespace.get(n) for n in names}
    results = [value for value in found.values() if isinstance(value, Result)]
    if not results:
        raise UsageError(
            "there is no result to share", hint="result = perfkit.diagnose(rec) in a cell before"
        )
    path = report(results, words[0])
    return f"{path}: {len(results)} results, one file, opens offline"


def _config(_session: Session, _line: Line, _words: Sequence[str]) -> str:
    from perfkit.errors import PerfkitError

    return f"tracebacks = {PerfkitError.tracebacks}  (%config Perfkit.tracebacks = True)"


def _version(_session: Session, _line: Line, _words: Sequence[str]) -> str:
    from perfkit import __version__

    return f"perfkit {__version__}"


_VERBS: dict[str, Any] = {
    "status": _status,
    "connect": _connect,
    "lab": _lab,
    "share": _share,
    "config": _config,
    "version": _version,
}
