"""Which part of the recording is the incident, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from perfkit import clock
from perfkit.analyses.diagnosis.deploys import slow_stretch
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from perfkit.recording import Recording

    Moment = str | datetime

__all__ = ["Window", "split"]


@dataclass(frozen=True)
class Window:
    """The incident, the rest of the recording (None: nothing to compare with), and their words."""

    inside: Recording
    rest: Recording | None
    since: str
    caveats: tuple[str, ...] = ()


def split(rec: Recording, incident: tuple[Moment, Moment] | None) -> Window:
    """Split at ``incident``; without one, at a deploy mark; without that, not at all.

    Of several deploys it is the one after which requests got slow, otherwise the last.
    """
    if rec.span is None:
        return Window(rec, None, "in this recording", ("no row has a time",))
    first, last = rec.span
    after = last + timedelta(microseconds=1)
    if incident is not None:
        _require_pair(incident)
        low, high = clock.window(*incident, rec.span, rec.zone)
        return _cut(
            rec, (first, low, high, after), f"between {_say(low, rec)} and {_say(high, rec)}"
        )
    deploys = _deploys(rec)
    if not deploys:
        return Window(rec, None, "in this recording")
    began, ended = slow_stretch(rec, np.array([clock.to_ns(at) for at, _ in deploys]))
    at, what = deploys[began]
    say = f"since {what or 'the deploy'} at {_say(at, rec)}"
    if ended is None:
        return _cut(rec, (first, at, after, after), say)
    end, mended = deploys[ended]
    say += f", until {mended or 'the deploy'} at {_say(end, rec)}"
    return _cut(rec, (first, at, end, after), say)


def _require_pair(incident: Any) -> None:
    if not isinstance(incident, tuple | list) or len(incident) != 2:  # noqa: PLR2004 - start, end
        raise UsageError(
            "diagnose: incident= is no start and end", hint='incident=("14:02", "14:20")'
        )


def _cut(
    rec: Recording, moments: tuple[datetime, datetime, datetime, datetime], say: str
) -> Window:
    first, low, high, after = moments
    inside = rec.between(low, high)
    pieces = [rec.between(a, b) for a, b in ((first, low), (high, after)) if a < b]
    if inside.span is None:
        seen = f"the recording holds {_say(first, rec)} to {_say(after, rec)}"
        return Window(inside, None, say, (f"nothing was recorded {say}: {seen}",))
    rest = pieces[0] + pieces[1] if len(pieces) > 1 else (pieces[0] if pieces else None)
    if rest is None or rest.arrow("requests").num_rows == 0:
        note = "the recording holds no requests outside the incident: nothing to compare with"
        return Window(inside, None, say, (note,))
    return Window(inside, rest, say)


def _deploys(rec: Recording) -> list[tuple[datetime, str]]:
    events = rec.arrow("events")
    deploys = events.filter(pc.equal(events["kind"], "deploy")).select(["at", "message"])
    rows = deploys.filter(deploys["at"].is_valid()).sort_by("at").to_pylist()
    return [(clock.moment(row["at"], rec.span, rec.zone), row["message"] or "") for row in rows]


def _say(moment: datetime, rec: Recording) -> str:
    return clock.say(moment, rec.zone)
