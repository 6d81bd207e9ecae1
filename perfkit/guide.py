"""``check()``, ``hint()`` and ``shop()`` for the guided notebooks: no network, no score.

Answers are compared with what the recording says, so a notebook stays true when it is run
again on other data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.errors import PerfkitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.lab.lab import Lab
    from perfkit.results import Result

__all__ = ["check", "hint", "shop"]


@dataclass(frozen=True)
class Question:
    """What is expected, where to look, and what to say when it is right."""

    expected: Callable[[Result], Any]
    where: str
    tolerance: float = 0.0


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


_QUESTIONS = {
    "01.1": Question(_first("route"), "the first row of .table: most total time comes first"),
    "01.2": Question(_first("p95_ms"), "the p95_ms column of the first row", tolerance=0.1),
    "02.1": Question(_first("repeats"), "the repeats column: median per request", tolerance=0.1),
    "02.2": Question(_first("route"), "the route column of the first row"),
    "02.3": Question(_first("saves_ms"), "the saves_ms column of the first row", tolerance=0.1),
    "02.4": Question(
        _per_item,
        "how much saves_ms grows from the shortest list to the longest, by the difference in N",
        tolerance=0.2,
    ),
    "03.1": Question(_first("relation"), "the relation column of the first row"),
    "04.1": Question(_first("max_wait_ms"), "the max_wait_ms column", tolerance=0.1),
}


def check(question: str, answer: Any, result: Result) -> None:
    """Say whether ``answer`` is right, close, or where to look; ``...`` is not answered yet."""
    asked = _question(question)
    if answer is ...:
        print(f"{question}: not answered yet (replace the ... and run the cell again)")  # noqa: T201
        return
    expected = asked.expected(result)
    print(f"{question}: {_verdict(asked, answer, expected)}")  # noqa: T201


def hint(question: str) -> None:
    """Say where the answer stands."""
    print(f"{question}: look at {_question(question).where}")  # noqa: T201


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
    if expected is None:
        return "this recording holds no answer"
    if isinstance(expected, int | float):
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
