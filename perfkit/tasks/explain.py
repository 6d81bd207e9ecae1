"""How is this statement executed, and what makes it slow?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.plans.candidates.ddl import parse as parse_index
from perfkit.probes.explain_run import Asked
from perfkit.probes.mysql_session import DIALECTS
from perfkit.probes.mysql_statement import one_statement as mysql_statement
from perfkit.probes.session import as_engine
from perfkit.probes.statement import one_statement
from perfkit.tasks.explaining.answer import answer
from perfkit.tasks.explaining.model import ExplainResult
from perfkit.tasks.explaining.observed import observe, observe_generic
from perfkit.tasks.explaining.observed_mysql import observe as observe_mysql
from perfkit.tasks.explaining.proven import Ground, proven
from perfkit.tasks.explaining.sweep import check_parameter
from perfkit.tasks.explaining.sweep import sweep as swept
from perfkit.tasks.explaining.sweep_result import with_sweep
from perfkit.tasks.explaining.what_if import what_if as with_index
from perfkit.tasks.proofs import Question
from perfkit.tasks.proofs.asked import named

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Engine

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.explaining.observed import Observed

__all__ = ["ExplainResult", "explain"]

_WHERE = "explain"
_MOST_RUNS = 1000


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What is asked for beside the plan of the statement."""

    generic: bool
    index: Candidate | None
    sweep: str
    expendable: bool
    timeout_s: float


def explain(
    sql: str,
    engine: Engine | str,
    *,
    params: Mapping[str, Any] | None = None,
    analyze: bool | None = None,
    analyze_writes: bool = False,
    allow_functions: Collection[str] = (),
    timeout_s: float = 30.0,
    generic: bool = False,
    runs: int = 1,
    what_if: str | None = None,
    sweep: str | None = None,
    expendable: bool = False,
) -> ExplainResult:
    """Explain one statement: its plan, who spent the time, and what to change.

    The server is a PostgreSQL, MySQL or MariaDB. The statement runs in a READ ONLY transaction
    with time limits that is rolled back, whatever happens.
    Statements that write or lock rows are only planned unless ``analyze_writes``; functions
    with effects that no rollback undoes are refused.

    An index that a finding proposes is tried before it is advised: as a hypothetical one where
    HypoPG is installed, on the lab (or where ``expendable``) by building it and rolling back.

    Args:
        sql: one statement; values are named ``:name`` and taken from ``params``.
        engine: a SQLAlchemy engine or a URL.
        params: the values, bound and never pasted.
        analyze: True executes the statement, False only plans it, None executes it where the
            server demonstrably runs on this machine.
        analyze_writes: execute INSERT, UPDATE, DELETE, MERGE and SELECT FOR UPDATE too, in a
            transaction that may write and is rolled back; the caveats list what remains.
        allow_functions: functions of your own (``name`` or ``schema.name``) that may run with
            all they call though they are VOLATILE or cannot be read.
        timeout_s: after this many seconds the server cancels the statement.
        generic: also return the plan for unknown values, as prepared statements get it; where
            values are missing (``$1``, too) it is the only one.
        runs: execute it so often and show the plan of the quickest run but the first.
        what_if: a CREATE INDEX statement: what would the plan be with it?
        sweep: a parameter: how does the plan change with common and rare values of its column?
            The values are only planned unless ``analyze`` is True.
        expendable: this server's data and time are worth nothing: indexes may be built there.

    Returns:
        A Result with one row per node, ``.plan``, and times in ms of wall time.

    Raises:
        UsageError: no or several statements, a missing value, another database.
        TargetRefused: a function with effects would be executed.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: the server refused, cancelled or timed out the statement.

    Example:
        >>> explain("select 1 where :x > 0", "postgresql://localhost/shop",
        ...         params={"x": 1})  # doctest: +SKIP
    """
    _check(analyze, allow_functions, analyze_writes=analyze_writes, runs=runs)
    wanted = _Wanted(
        generic=generic,
        index=None if what_if is None else replace(parse_index(what_if), reason=""),
        sweep=(sweep or "").removeprefix(":"),
        expendable=expendable,
        timeout_s=timeout_s,
    )
    with as_engine(_WHERE, engine, also=DIALECTS) as ready:
        mysql = ready.dialect.name in DIALECTS
        asked = Asked(
            statement=mysql_statement(sql) if mysql else one_statement(sql),
            values=_values(params),
            execute=analyze,
            writes=analyze_writes,
            allowed=tuple(allow_functions),
            runs=runs,
        )
        return (_of_mysql if mysql else _of_postgres)(ready, asked, wanted)


def _of_mysql(engine: Engine, asked: Asked, wanted: _Wanted) -> ExplainResult:
    if wanted.index is not None or wanted.sweep:
        what = "a what-if index" if wanted.index is not None else "a sweep"
        raise UsageError(
            f"explain: {what} needs PostgreSQL, this is {engine.dialect.name}",
            hint="leave it out to see the plan as it is",
        )
    asked.statement.check(asked.values)
    return answer(observe_mysql(engine, asked, timeout_s=wanted.timeout_s, generic=wanted.generic))


def _of_postgres(engine: Engine, asked: Asked, wanted: _Wanted) -> ExplainResult:
    asked, found = _observed(engine, asked, wanted)
    result = answer(found)
    ground = Ground(
        engine=engine,
        question=Question(statement=asked.statement.text, values=asked.values),
        methods=("hypopg",) if asked.execute is False else None,
        expendable=wanted.expendable,
        timeout_s=wanted.timeout_s,
    )
    if wanted.index is not None:
        result = with_index(result, ground, wanted.index)
    else:
        result = proven(result, ground, found.facts)
    if not wanted.sweep:
        return result
    return with_sweep(result, swept(engine, asked, wanted.sweep, timeout_s=wanted.timeout_s))


def _observed(engine: Engine, asked: Asked, wanted: _Wanted) -> tuple[Asked, Observed]:
    """Explain for the values; where there are none and it is allowed, without them."""
    statement, seconds = asked.statement, wanted.timeout_s
    if wanted.generic and any(token.kind == "param" for token in statement.tokens):
        asked = _replaced(asked)
        statement = asked.statement
    if wanted.sweep:
        check_parameter(asked, wanted.sweep)
    if wanted.generic and any(name not in asked.values for name in statement.parameters):
        return asked, observe_generic(engine, asked, timeout_s=seconds)
    statement.check(asked.values)
    return asked, observe(engine, asked, timeout_s=seconds, generic=wanted.generic)


def _replaced(asked: Asked) -> Asked:
    """Name ``$1``, ``$2``, ...: ``:p1``, ``:p2``."""
    return replace(asked, statement=named(asked.statement.text))


def _values(params: Mapping[str, Any] | None) -> dict[str, Any]:
    if not isinstance(params, Mapping | None):
        raise UsageError(
            f"explain: params is a {type(params).__name__}, not a dictionary",
            hint="params={'user_id': 42} for :user_id",
        )
    return dict(params or {})


def _check(
    analyze: bool | None,  # noqa: FBT001 - three states
    allowed: Collection[str],
    *,
    analyze_writes: bool,
    runs: int,
) -> None:
    if analyze is False and analyze_writes:
        raise UsageError(
            "explain: analyze=False and analyze_writes=True exclude each other",
            hint="keep one of them",
        )
    if isinstance(allowed, str):
        raise UsageError(
            "explain: allow_functions takes a list of names", hint=f"allow_functions=[{allowed!r}]"
        )
    if not isinstance(runs, int) or not 1 <= runs <= _MOST_RUNS:
        raise UsageError(f"explain: runs={runs!r} is not from 1 to {_MOST_RUNS}", hint="runs=5")
