"""How are the statements executed that cost most, and which index would help them together?"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfkit.analyses.recorded_statements import recorded
from perfkit.errors import NotConnected, PerfkitError, UsageError
from perfkit.probes.mysql_session import DIALECTS
from perfkit.probes.session import as_engine
from perfkit.results import Result
from perfkit.tasks.explaining.merged import merged
from perfkit.tasks.explaining.progress import Steps
from perfkit.tasks.explaining.recorded import explain_example
from perfkit.tasks.explaining.top_rows import Explained, headline, not_explained, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    from perfkit.analyses.recorded_statements import Recorded
    from perfkit.plans.model import Plan
    from perfkit.recording import Recording

__all__ = ["ExplainTop", "explain_top"]

_WHERE = "explain_top"
_CONTROL = frozenset(
    ("begin", "start", "commit", "end", "rollback", "savepoint", "release", "set", "reset", "show",
     "discard", "deallocate")
)  # fmt: skip
_SPARE = 2 * len(_CONTROL)
_USED_UP = "not looked at: the time was used up"
_CHECKED = ("the plans of the statements that cost most", "one index for several statements")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExplainTop(Result):
    """A Result with the plans themselves, by fingerprint_id."""

    plans: Mapping[str, Plan] = field(default_factory=dict)


def explain_top(
    rec: Recording,
    engine: Engine | str,
    n: int = 10,
    *,
    analyze: bool | None = None,
    timeout_s: float = 30.0,
    total_s: float = 300.0,
) -> ExplainTop:
    """Explain the ``n`` statements of a recording that cost most, on a database of today.

    Each is explained as :func:`perfkit.explain` does it, with the values of the slowest recorded
    example whose values are all known, else without values (the generic plan). Writes are only
    planned. A statement that cannot be explained is a row with the reason.

    Args:
        rec: the recording; its digest says what costs most.
        engine: a SQLAlchemy engine or a URL of the database that they ran on, or a copy.
        n: how many statements.
        analyze: as for :func:`perfkit.explain`.
        timeout_s: after this many seconds the server cancels a statement.
        total_s: after this many seconds no further statement is begun.

    Returns:
        One row per statement, the most costly first: fingerprint_id, fingerprint, calls,
        total_ms, share (of the time of all statements), verdict, plan_ms (execution time of
        the plan), cost, index (proposed), slowest_node, findings (how many), executed, example
        (where the values are from), shape_id. The findings are those of all plans, those with
        one index as one; ``saves_ms`` is per execution, ``saves_times`` the recorded calls.

    Raises:
        UsageError: the recording has no statements, or another database.
        NotConnected: the server cannot be reached or went away.

    Example:
        >>> explain_top(rec, "postgresql://localhost/shop", n=5).table  # doctest: +SKIP
    """
    if n < 1:
        raise UsageError(f"explain_top: n={n!r} is not a number of statements", hint="n=10")
    asked = [one for one in recorded(rec, limit=n + _SPARE) if not _is_control(one)][:n]
    if not asked:
        raise UsageError(
            "explain_top: the recording has no statements", hint="rec.queries has to have rows"
        )
    with as_engine(_WHERE, engine, also=DIALECTS) as ready:
        until = time.monotonic() + total_s
        found = _explained(ready, asked, analyze, timeout_s=timeout_s, until=until)
    server = next((one.result.question for one in found if one.result is not None), "")
    return ExplainTop(
        analysis="explain_top",
        question=f"{server.partition(':')[0] or 'No plan'}: "
        f"how are the {len(found)} statements executed that cost most?",
        headline=headline(found),
        arrow=table(found),
        noun="statements",
        findings=merged(found),
        caveats=_caveats(found),
        checked=_CHECKED if server else (),
        totals={
            "statements": len(found),
            "explained": sum(one.result is not None for one in found),
            "share": sum(one.recorded.share for one in found),
        },
        sections=not_explained(found),
        plans={one.recorded.fingerprint_id: one.result.plan for one in found if one.result},
    )


def _is_control(one: Recorded) -> bool:
    """Whether it is of the connection rather than of the application: it takes no place."""
    return (one.fingerprint.split(maxsplit=1) or [""])[0] in _CONTROL


def _explained(
    engine: Engine,
    asked: Sequence[Recorded],
    analyze: bool | None,  # noqa: FBT001 - three states
    *,
    timeout_s: float,
    until: float,
) -> list[Explained]:
    found = []
    with Steps(len(asked)) as steps:
        for one in asked:
            if time.monotonic() >= until:
                found.append(Explained(one, None, _USED_UP))
                continue
            steps.next(one.fingerprint)
            found.append(_one(engine, one, analyze, timeout_s=timeout_s))
            if found[0].broken:
                raise NotConnected(f"{_WHERE}: {found[0].why_not}", hint="check host, port, user")
    return found


def _one(
    engine: Engine,
    one: Recorded,
    analyze: bool | None,  # noqa: FBT001 - three states
    *,
    timeout_s: float,
) -> Explained:
    try:
        result = explain_example(one, engine, analyze=analyze, timeout_s=timeout_s)
    except PerfkitError as error:
        why = error.message.removeprefix("explain: ")
        return Explained(one, None, why, broken=isinstance(error, NotConnected))
    return Explained(one, result)


def _caveats(found: Sequence[Explained]) -> list[str]:
    notes = ["Recorded times are of then and there, plans are of the server as it is now."]
    if any(one.result is not None and one.recorded.values is None for one in found):
        notes.append(
            "Statements without recorded values have the generic plan, estimates for whatever "
            "value: log_parameter_max_length = -1 (PostgreSQL 13 or later) records them."
        )
    if any(one.result is not None and not one.result.executed for one in found):
        notes.append(
            "Rows that were not executed have no findings on times: analyze=True executes "
            "those that only read."
        )
    return notes
