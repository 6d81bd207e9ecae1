"""``perfkit explain``: a pasted plan read, or a statement explained on a server."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError, UsageError

if TYPE_CHECKING:
    import argparse

    from perfkit.results import Result

__all__ = ["add_options", "ask"]

#: What has a meaning only where a server is asked.
_OF_A_SERVER = (
    "p", "analyze", "no_analyze", "analyze_writes", "allow_function", "timeout", "runs",
    "what_if", "generic", "sweep", "expendable",
)  # fmt: skip
#: What a statement begins with, and what only a plan has.
_VERBS = ("select", "with", "insert", "update", "delete", "merge", "values")
_PLAN = ("cost=", "actual ", "loops=", '"Node Type"', "->", '"query_block"', "rows=")


def add_options(verb: argparse.ArgumentParser) -> None:
    """Add what the verb understands."""
    verb.add_argument("file", metavar="FILE", help="a plan; with --db the SQL; - for stdin")
    verb.add_argument("--compare", metavar="FILE", help="what changed since this plan")
    verb.add_argument("--db", metavar="URL", help="explain the SQL in FILE there")
    verb.add_argument(
        "-p", metavar="NAME=VALUE", action="append", help="value of a :name in the SQL"
    )
    verb.add_argument("--analyze", action="store_true", help="execute a query, rolled back")
    verb.add_argument("--no-analyze", action="store_true", help="only estimate")
    verb.add_argument("--analyze-writes", action="store_true", help="execute writes and roll back")
    verb.add_argument("--allow-function", metavar="NAME", action="append", help="let it run")
    verb.add_argument("--timeout", metavar="TIME", help="give up after this time (30s)")
    verb.add_argument("--runs", metavar="COUNT", type=int, help="execute so often")
    verb.add_argument("--what-if", metavar="CREATE_INDEX", help="the plan with this index")
    verb.add_argument("--generic", action="store_true", help="the plan for unknown values, too")
    verb.add_argument("--sweep", metavar="NAME", help="how the plan changes with this :name")
    verb.add_argument(
        "--expendable", action="store_true", help="indexes may be built there to prove them"
    )


def ask(options: argparse.Namespace) -> Result:
    """Return what the plan says, what changed between two, or what the server answers."""
    if options.db is not None:
        return _on_server(options)
    given = [name for name in _OF_A_SERVER if getattr(options, name)]
    if given:
        option = f"-{given[0]}" if len(given[0]) == 1 else f"--{given[0].replace('_', '-')}"
        raise UsageError(f"explain: {option} needs a server", hint="--db postgresql://host/name")
    text = _text(options.file)
    if _is_sql(text):
        raise UsageError(
            f"{options.file}: this is a statement, not a plan",
            hint=f"perfkit explain {options.file} --db postgresql://host/name",
        )
    from perfkit.plans.read import read_plan

    if options.compare is None:
        return read_plan(text).result
    from perfkit.analyses.diff_plans import diff_plans

    return diff_plans(_text(options.compare), text, names=_names(options.compare, options.file))


def _is_sql(text: str) -> bool:
    """Whether the text is a statement, with no plan of it below."""
    words = text.split(maxsplit=1)
    return bool(words) and words[0].lower() in _VERBS and not any(sign in text for sign in _PLAN)


def _on_server(options: argparse.Namespace) -> Result:
    if options.analyze and options.no_analyze:
        raise UsageError("--analyze and --no-analyze exclude each other", hint="keep one of them")
    sql = _text(options.file)
    earlier = None if options.compare is None else _text(options.compare)
    from perfkit.tasks.explain import explain
    from perfkit.tasks.explaining.compared import compared
    from perfkit.tasks.explaining.words import as_typed, typed
    from perfkit.units import parse_duration_ms

    with as_typed():
        result = explain(
            sql,
            options.db,
            params=dict(map(_pair, options.p or ())),
            analyze=True if options.analyze else False if options.no_analyze else None,
            analyze_writes=options.analyze_writes,
            allow_functions=tuple(options.allow_function or ()),
            timeout_s=parse_duration_ms(options.timeout or "30s") / 1000,
            generic=options.generic,
            runs=1 if options.runs is None else options.runs,
            what_if=options.what_if,
            sweep=options.sweep,
            expendable=options.expendable,
        )
    result = replace(result, caveats=[typed(caveat) for caveat in result.caveats])
    return result if earlier is None else compared(result, earlier, options.compare)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"-p {text!r} has no '='", hint="-p user_id=42")
    return name, value


def _names(before: str, after: str) -> tuple[str, str]:
    """Return what the two plans are called: their files, or before and after."""
    names = Path(before).name, Path(after).name
    return ("before", "after") if names[0] == names[1] or "-" in names else names


def _text(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode(errors="replace")
        return Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or 'cannot be read'}") from None
