"""``check()``, ``hint()`` and what else the guided notebooks need: no network, no score.

Answers are compared with what the recording says, so a notebook stays true when it is run
again on other data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from perfkit import clock, units
from perfkit.errors import PerfkitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from perfkit.lab.lab import Lab
    from perfkit.plans.conditions import SortKey
    from perfkit.plans.model import Plan
    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["check", "hint", "moment", "shop"]


_TO_THE_MINUTE = re.compile(r"(?:^|[ T])\d{1,2}:\d{2}$")


@dataclass(frozen=True)
class Question:
    """What is expected, where to look, and what to say when it is right."""

    expected: Callable[[Any], Any]
    where: str
    tolerance: float = 0.0


@dataclass(frozen=True)
class _Between:
    """A time that is known to lie between two; ``zone`` is that of bare times."""

    low: datetime
    high: datetime
    zone: str


@dataclass(frozen=True)
class _Keys:
    """Columns of an index: those compared with ``=`` in any order, then the others in theirs."""

    equal: frozenset[str]
    then: tuple[SortKey, ...]

    def verdict(self, given: Sequence[SortKey], where: str) -> str:
        """Say whether ``given`` serves as well: it may run backwards, or be partial."""
        equal = {name for name in self.equal if not re.search(rf"\b{re.escape(name)}\b", where)}
        first, rest = given[: len(equal)], given[len(equal) :]
        turns = [one.descending != other.descending for one, other in zip(rest, self.then)]  # noqa: B905 - unequal ones are told below
        same = [key.column for key in rest] == [key.column for key in self.then]
        if {key.column for key in first} == equal and same and len(set(turns)) <= 1:
            return "right"
        if {key.column for key in given} == equal | {key.column for key in self.then}:
            return "the right columns in another order"
        return "not quite"


def _first(column: str) -> Callable[[Result], Any]:
    return lambda result: result.arrow[column][0].as_py() if result.arrow.num_rows else None


def _per_item(result: Result) -> float | None:
    """Return what each further item of the most costly list costs a request; None: N is constant.

    The slope between the medians of the shortest and of the longest list.
    """
    if not result.arrow.num_rows:
        return None
    first = result.arrow.slice(0, 1).to_pylist()[0]
    seen = result.series["occurrences"].to_pandas()
    mine = seen["fingerprint"].fillna(seen["url"]) == (first["fingerprint"] or first["url"])
    medians = seen[mine & (seen["route"] == first["route"])].groupby("repeats")["saves_ms"].median()
    if len(medians) < 2:  # noqa: PLR2004 - two points make a slope
        return None
    return float((medians.iloc[-1] - medians.iloc[0]) / (medians.index[-1] - medians.index[0]))


def _furthest_over(result: Result) -> str | None:
    """Return the route whose percentile is furthest over its budget, None: all keep theirs."""
    rows = result.table.query("verdict == 'broken'").dropna(subset="measured_ms")
    return None if rows.empty else str(rows.sort_values("measured_ms")["route"].iloc[-1])


def _first_change(result: Result) -> _Between | None:
    """Return when the most costly change happened, None: nothing changed."""
    if not result.arrow.num_rows:
        return None
    row = result.table.iloc[0]
    return _Between(_plain(row["low_at"]), _plain(row["high_at"]), result.totals["zone"])


def _really_changed(result: Result) -> float:
    return float(result.table["verdict"].isin(["slower", "faster"]).sum())


def _spender(plan: Plan) -> int:
    """Return the node that spent most time itself."""
    own = plan.times.self_ms
    return max(range(len(own)), key=lambda node: own[node] or 0.0)


def _most_ms(plan: Plan) -> float | None:
    return plan.times.self_ms[_spender(plan)]


def _best_keys(plan: Plan) -> _Keys | None:
    """Return the keys of the index that would help ``plan`` most, None: none would."""
    from perfkit.plans.candidates import candidates

    best = next(iter(candidates(plan)), None)
    if best is None:
        return None
    equal = frozenset(key.column for key in best.keys[: best.equality])
    return _Keys(equal, best.keys[best.equality :])


def _droppable(audit: Result) -> float:
    return float(audit.table.query("action == 'drop' and proven").shape[0])


_QUESTIONS = {
    "01.1": Question(_first("route"), "the first row of .table: most total time comes first"),
    "01.2": Question(_first("p95_ms"), "the p95_ms column of the first row", tolerance=0.1),
    "01.3": Question(_furthest_over, "the measured_ms column, of routes whose verdict is broken"),
    "01.4": Question(_first_change, "the at column of the first row: the most costly change"),
    "01.5": Question(_really_changed, "the verdict column: slower or faster are changes"),
    "02.1": Question(_first("repeats"), "the repeats column: median per request", tolerance=0.1),
    "02.2": Question(_first("route"), "the route column of the first row"),
    "02.3": Question(_first("saves_ms"), "the saves_ms column of the first row", tolerance=0.1),
    "02.4": Question(
        _per_item,
        "how much saves_ms grows from the shortest list to the longest, by the difference in N",
        tolerance=0.2,
    ),
    "03.1": Question(lambda plan: str(_spender(plan)), "self_ms, and the loops beside it"),
    "03.2": Question(_most_ms, "the largest self_ms", tolerance=0.1),
    "03.3": Question(
        lambda plan: not plan.findings, "how many of the rows read the statement needs"
    ),
    "03.4": Question(_best_keys, "columns compared with = first, then those of ORDER BY"),
    "03.5": Question(_droppable, "keys that repeat another index, or its beginning"),
    "04.1": Question(_first("max_wait_ms"), "the max_wait_ms column", tolerance=0.1),
}


def check(question: str, answer: Any, result: Result | Plan | None) -> None:
    """Say whether ``answer`` is right, close, or where to look; ``...`` is not answered yet.

    ``result`` holds the answer; None: there is none, because this step could not run.
    """
    asked = _question(question)
    if result is None:
        print(f"{question}: this step could not run here, so there is nothing to compare with")  # noqa: T201
        return
    if answer is ...:
        print(f"{question}: not answered yet (replace the ... and run the cell again)")  # noqa: T201
        return
    expected = asked.expected(result)
    print(f"{question}: {_verdict(asked, answer, expected)}")  # noqa: T201


def hint(question: str) -> None:
    """Say where the answer stands."""
    print(f"{question}: look at {_question(question).where}")  # noqa: T201


def moment(rec: Recording, changes: Result, at: str | datetime | None = None) -> datetime | None:
    """Choose where "before" ends and "after" begins, and say why.

    The first of these that leaves requests on both sides: ``at`` itself, the last deploy mark,
    the most costly change, the middle of the recorded time.

    Args:
        rec: the recording.
        changes: what :func:`perfkit.since_when` found in it.
        at: a time you know, as :meth:`Recording.between` takes it.

    Returns:
        The time (UTC), or None where no request has a time, or all have the same.

    Raises:
        UsageError: ``at`` is not a time.
    """
    span = clock.extent({"requests": rec.arrow("requests", ["started_at"])})
    if span is None or span[0] == span[1]:
        print("Requests have no times, so that there is no before and after.")  # noqa: T201
        return None
    for found, why in _moments(rec, changes, at):
        if span[0] < found <= span[1]:
            print(f"Before and after {clock.say(found, rec.zone)}: {why}.")  # noqa: T201
            return found
    return None


def _moments(
    rec: Recording, changes: Result, at: str | datetime | None
) -> Iterator[tuple[datetime, str]]:
    if at is not None:
        yield clock.moment(at, rec.span, rec.zone), "as you say"
    deploys = rec.events.query("kind == 'deploy'").dropna(subset="at").sort_values("at")
    for row in deploys[::-1].itertuples():
        yield _plain(row.at), f"the last deploy mark ({row.message})"
    for time in changes.table["at"].dropna()[:1]:
        yield _plain(time), "the most costly change that was found"
    span = clock.extent({"requests": rec.arrow("requests", ["started_at"])})
    if span is not None:
        yield span[0] + (span[1] - span[0]) / 2, "the middle, for want of a mark or a change"


def _plain(time: Any) -> datetime:
    """Return a pandas time as a datetime, to the microsecond."""
    found: datetime = time.floor("us").to_pydatetime()
    return found


def shop() -> Lab | None:
    """Start (or join) the lab; where it cannot run, say why and return None."""
    from perfkit import lab

    try:
        running = lab.start()
    except PerfkitError as error:
        print(f"The lab cannot run here, so this step shows recorded data. {error}")  # noqa: T201
        return None
    running.set_faults(all=False)
    print(f"The shop runs at {running.url}, all faults off.")  # noqa: T201
    return running


def _question(name: str) -> Question:
    if name not in _QUESTIONS:
        raise UsageError(f"there is no question {name!r}", hint=f"one of {', '.join(_QUESTIONS)}")
    return _QUESTIONS[name]


def _verdict(asked: Question, answer: Any, expected: Any) -> str:
    if expected is None or expected != expected:  # noqa: PLR0124 - unknown is NaN
        return "this recording holds no answer"
    if isinstance(expected, _Between):
        return _time_verdict(asked, answer, expected)
    if isinstance(expected, _Keys):
        return _keys_verdict(asked, answer, expected)
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return _number_verdict(asked, answer, float(expected))
    if str(answer).strip().lower() == str(expected).lower():
        return "right"
    return f"not quite; look at {asked.where}"


def _number_verdict(asked: Question, answer: Any, expected: float) -> str:
    try:
        given = units.parse_duration_ms(answer) if isinstance(answer, str) else float(answer)
    except (TypeError, ValueError):
        return f"a number is asked; look at {asked.where}"
    off = abs(given - expected) / max(abs(expected), 1e-9)
    if off <= asked.tolerance + 1e-9:
        return f"right ({expected:,.4g})"
    return f"close; look at {asked.where}" if off <= 0.5 else f"no; look at {asked.where}"  # noqa: PLR2004 - within half


def _keys_verdict(asked: Question, answer: Any, expected: _Keys) -> str:
    """Compare columns, written as in CREATE INDEX or as the whole statement."""
    from perfkit.plans.candidates.ddl import parse

    text = str(answer).strip()
    whole = text.lower().startswith("create ")
    try:
        given = parse(text if whole else f"CREATE INDEX ON t ({text.strip('()')})")
    except PerfkitError:
        return "columns are asked, such as 'a, b DESC'"
    said = expected.verdict(given.keys, given.where)
    return said if said == "right" else f"{said}; look at {asked.where}"


def _time_verdict(asked: Question, answer: Any, expected: _Between) -> str:
    """Compare times, as exactly as the answer is: to the second, or to the minute."""
    try:
        given = clock.moment(answer, (expected.low, expected.high), expected.zone)
    except UsageError:
        return f"a time is asked, such as '14:02:10'; look at {asked.where}"
    minute = isinstance(answer, str) and _TO_THE_MINUTE.search(answer)
    rounding = timedelta(minutes=1) if minute else timedelta(seconds=1)
    if expected.low - rounding <= given <= expected.high + rounding:
        ends = dict.fromkeys(clock.say(at, expected.zone) for at in (expected.low, expected.high))
        return f"right ({' to '.join(ends)})"
    return f"no; look at {asked.where}"
