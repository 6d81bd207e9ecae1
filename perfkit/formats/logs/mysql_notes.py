"""What limits conclusions from a slow query log: its threshold, and its sampling."""

from __future__ import annotations

import re
from functools import lru_cache

from perfkit.formats.logs.mysql_header import ALWAYS_LOGGED_MS
from perfkit.recording import Note
from perfkit.units import format_ms

__all__ = ["sampling_notes", "threshold_notes"]

_QUERY_TIME = re.compile(rb"^# Query_time: ([0-9]{1,15}(?:\.[0-9]{1,12})?) ", re.MULTILINE)
#: From so many statements on, a shortest duration above this tells of a threshold.
_ENOUGH, _SHORT_MS = 20, 5.0


@lru_cache(maxsize=16)
def threshold_notes(head: bytes) -> tuple[Note, ...]:
    """Say from the beginning of the log whether short statements are missing from it."""
    found = [float(text) * 1000 for text in _QUERY_TIME.findall(head)]
    if len(found) < _ENOUGH or min(found) < _SHORT_MS:
        return ()
    message = f"the log begins without a statement shorter than {format_ms(min(found))}"
    more = "long_query_time is set, and totals miss what is below it"
    return (Note(kind="threshold", message=f"{message}: {more}"),)


def sampling_notes(limits: set[float]) -> list[Note]:
    """Say how statements were sampled; ``limits`` are the values of log_slow_rate_limit."""
    always = format_ms(ALWAYS_LOGGED_MS)
    return [
        Note(
            kind="sampled",
            message=(
                f"one statement of {limit:,.0f} was logged (log_slow_rate_limit) and stands for as "
                f"many; those from {always} on, which are logged always, stand for themselves"
            ),
        )
        for limit in sorted(limits)
        if limit > 1
    ]
