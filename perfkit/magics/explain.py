"""``%%explain``: run a query, read its plan, say what to change."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.magics import values
from perfkit.magics.options import Command, Line, Option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Engine

    from perfkit.magics.state import Session
    from perfkit.tasks.explaining.model import ExplainResult

__all__ = ["COMMAND", "run"]

SILENCED_BY_SEMICOLON = False  # SQL ends with one

COMMAND = Command(
    name="explain",
    summary="Explain a statement: where its time goes, what to change, and proof that it works.",
    usage="%%explain [NAME] [options]      SQL in the cell's body\n"
    "%explain [options] SQL\n"
    "%explain FINGERPRINT_ID --from RECORDING [options]",
    options=(
        Option("--db", "connection alias or engine variable (line form)", "NAME"),
        Option("--analyze", "execute a query (never a write), read-only and rolled back"),
        Option("--no-analyze", "only estimate, execute nothing"),
        Option("--analyze-writes", "execute writes, too, and roll back; says what remains"),
        Option("--allow-function", "let this function of yours run", "NAME", many=True),
        Option(
            "-p", "value of a :name in the SQL, instead of the notebook's", "NAME=VALUE", many=True
        ),
        Option("--timeout", "give up after this time (default 30s)", "TIME"),
        Option("--runs", "execute so often; show the best run but the first", "COUNT"),
        Option("--what-if", "the plan with this index, which is not built to stay", '"CREATE ..."'),
        Option("--generic", "the plan for unknown values as well, as prepared statements get it"),
        Option("--sweep", "how the plan changes with the values of this :name", "NAME"),
        Option("--save", "remember the result under this name, for --compare", "NAME"),
        Option("--compare", "what changed since this saved result, variable or plan", "NAME"),
        Option("--from", "take the statement from this recording, by fingerprint_id", "VARIABLE"),
        Option("-o", "store the result in this variable as well", "NAME"),
    ),
    examples=(
        "%%explain shop\nSELECT * FROM orders WHERE user_id = :user_id ORDER BY created_at DESC",
        '%%explain shop --what-if "CREATE INDEX ON orders (total)"\nSELECT max(total) FROM orders',
        "%explain --no-analyze SELECT count(*) FROM orders",
        "%explain 8f14e45fceea167a --from rec",
    ),
)
_EXCLUDING = (
    ("analyze", "no-analyze"),
    ("analyze-writes", "no-analyze"),
    ("what-if", "compare"),
)
#: ``[NAME] FINGERPRINT_ID [options]`` on the line of ``--from``; or a variable that holds the id.
_FINGERPRINT = re.compile(
    r"(?:(?P<name>\S+)\s+)?(?P<id>[0-9a-fA-F]{4,16}|\$\w+|\{\w+\})(?P<rest>\s+-.*)?\Z"
)
_BEHIND = re.compile(r"\s(--[a-z-]+)(?:[ =]\S+)?\Z")


def run(session: Session, line: Line, body: str | None) -> ExplainResult:
    """Explain the statement on the named database and return the result."""
    line, name, text = _read(line, body, session.namespace)
    for one, other in _EXCLUDING:
        if line.has(one) and line.has(other):
            raise UsageError(f"--{one} and --{other} exclude each other", hint="keep one of them")
    earlier = session.plan(line.get("compare")) if line.has("compare") else None
    alias, engine = session.connections.find(line.get("db") or name, session.namespace)
    from perfkit.tasks.explaining.words import as_typed, typed

    with as_typed():
        result = _explained(session, line, engine, text, _options(session, line, alias))
        if earlier is not None:
            result = _compared(result, earlier, line.get("compare"))
    shown = replace(
        result,
        question=f"{alias}: {result.question}",
        caveats=[typed(caveat) for caveat in result.caveats],
        totals={"alias": alias, **result.totals},
    )
    if line.has("save"):
        session.saved[line.get("save")] = shown
    session.keep(line.get("o"), shown)
    return shown


def _read(line: Line, body: str | None, namespace: Mapping[str, Any]) -> tuple[Line, str, str]:
    """Return the options, the database's name, and the SQL or fingerprint_id."""
    if body is not None:
        line, name = _with_name(line)
        text = body
    elif (found := _FINGERPRINT.match(line.rest)) and _is_of_recording(line, found):
        line, name = _with(line, found["rest"] or ""), found["name"] or ""
        text = _held(found["id"], namespace)
        if not line.has("from"):
            raise UsageError(
                f"%explain {text}: which recording is it from?", hint=f"%explain {text} --from rec"
            )
    else:
        _refuse_options_behind(line.rest)
        name, text = "", line.rest
    if not text.strip():
        what = "fingerprint_id" if line.has("from") else "statement"
        hint = (
            "perfkit.digest(rec).table has them"
            if line.has("from")
            else "put the SQL into the cell's body"
        )
        raise UsageError(f"%%explain has no {what}", hint=hint)
    return line, name, text


def _is_of_recording(line: Line, found: re.Match[str]) -> bool:
    """Whether what looks like an id is one: ``SELECT 1234`` does, too."""
    if found["name"] is None:
        return True
    said = line.has("from") or "--from" in (found["rest"] or "")
    return said and found["name"].lower() not in {"select", "table", "values", "with"}


def _held(written: str, namespace: Mapping[str, Any]) -> str:
    """Return the id that was written, or that the variable of ``$name`` or ``{name}`` holds."""
    name = written.strip("${}")
    if name == written:
        return written
    if not isinstance(namespace.get(name), str):
        raise UsageError(
            f"%explain {written}: no variable {name!r} holds a fingerprint_id",
            hint=f'{name} = perfkit.digest(rec).table["fingerprint_id"][0]',
        )
    return str(namespace[name])


def _refuse_options_behind(sql: str) -> None:
    """SQL takes what stands behind it for a comment: the statement would be run without it."""
    found = _BEHIND.search(sql)
    if found and found[1] in COMMAND.complete():
        raise UsageError(
            f"%explain: {found[1]} stands behind the SQL", hint=f"%explain {found[1]} ... SQL"
        )


def _with_name(line: Line) -> tuple[Line, str]:
    """Return all options of a cell's first line, before and behind the name, and the name."""
    name, _, behind = line.rest.partition(" ")
    return _with(line, behind), name


def _with(line: Line, behind: str) -> Line:
    """Return the line with the options that stand behind its name."""
    more = COMMAND.parse(behind)
    if more.rest:
        raise UsageError(
            f"%%explain takes one name, not {line.rest!r}", hint="the SQL stands in the cell's body"
        )
    return Line({**line.values, **more.values}, "")


def _options(session: Session, line: Line, alias: str) -> dict[str, Any]:
    """Return the options as :func:`perfkit.explain` takes them."""
    from perfkit.units import parse_duration_ms

    marks = session.connections.marks.get(alias, frozenset())
    return {
        "analyze": _analyze(line, marked="analyze" in marks),
        "analyze_writes": line.has("analyze-writes"),
        "allow_functions": line.all("allow-function"),
        "timeout_s": parse_duration_ms(line.get("timeout", "30s")) / 1000,
        "runs": line.count("runs", 1),
        "generic": line.has("generic"),
        "what_if": line.get("what-if") if line.has("what-if") else None,
        "sweep": line.get("sweep") or None,
        "expendable": "expendable" in marks,
    }


def _analyze(line: Line, *, marked: bool) -> bool | None:
    if line.has("analyze"):
        return True
    if line.has("no-analyze"):
        return False
    return True if marked else None


def _explained(
    session: Session, line: Line, engine: Engine, text: str, options: dict[str, Any]
) -> ExplainResult:
    given = values.overrides(line.all("p"))
    if line.has("from"):
        return _recorded(session, line.get("from"), engine, text, {**options, "params": given})
    from perfkit.tasks.explain import explain

    names = values.sql_names(text, engine.dialect.name)
    unused = next((name for name in given if name not in names), None)
    if unused is not None:
        raise UsageError(f"-p {unused}: the SQL has no :{unused}", hint=_parameters(names))
    if options["generic"]:
        names = tuple(name for name in names if name in given or name in session.namespace)
    params = values.sql_parameters(names, session.namespace, given)
    return explain(text, engine, params=params, **options)


def _parameters(names: Sequence[str]) -> str:
    return f"it has {', '.join(f':{name}' for name in names)}" if names else "it has no parameters"


def _recorded(
    session: Session, name: str, engine: Engine, text: str, options: dict[str, Any]
) -> ExplainResult:
    from perfkit.recording import Recording
    from perfkit.tasks.explaining.recorded import explain_example, one_recorded

    rec = session.namespace.get(name)
    if not isinstance(rec, Recording):
        raise UsageError(
            f"--from {name}: the notebook has no recording of that name",
            hint=f"{name} = perfkit.load('postgresql.log') in a cell before",
        )
    return explain_example(one_recorded(rec, text), engine, **options)


def _compared(result: ExplainResult, earlier: Any, name: str) -> ExplainResult:
    from perfkit.tasks.explaining.compared import compared

    return compared(result, earlier, name)
