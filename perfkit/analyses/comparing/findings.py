"""What got worse, key by key: by how much, how sure that is, what to look at next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.comparing.frequency import MORE
from perfkit.analyses.comparing.latency import COMPARED_FROM
from perfkit.analyses.comparing.rows import HOUR_S
from perfkit.analyses.comparing.verdicts import NEW, SLOWER
from perfkit.analyses.comparing.wording import shift_in_words
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.comparing.amounts import Share
    from perfkit.analyses.comparing.rows import Compared
    from perfkit.statistics.shift import Shift

__all__ = ["CHECKED", "findings", "name_of"]

#: Share of all time from which on a key that was not there before is worth a word.
NEW_SHARE = 0.05
#: Failures: one point more (as baseline's threshold), or twice as many of at least ten.
FAIL_POINTS, FAIL_TIMES, FAIL_FEWEST = 0.01, 2.0, 10
#: Refusals are answers: a tenth more of them changes what the latencies are of.
REFUSE_POINTS = 0.10
#: Share of all time below which what got slower costs too little to act on.
WORTH = 0.01
_CERTAIN = 0.001

_TESTED = (
    "the shift of every key with enough samples (Hodges-Lehmann, Mann-Whitney corrected for"
    " autocorrelation, Holm over keys)"
)
CHECKED = (
    _TESTED,
    f"p90, p95 and p99 apart from it (p99 from {COMPARED_FROM[99]:,} samples a side on)",
    "failures and refusals (Newcombe's interval of the difference)",
    "the mix of keys apart from their latency, and Simpson's paradox",
    "which key takes the most time",
)
_METHOD = (
    "Hodges-Lehmann shift of log latency; Mann-Whitney p-value corrected for autocorrelation and"
    " (Holm) for the number of keys: Hollander, Wolfe and Chicken, Nonparametric Statistical"
    " Methods, 3rd ed., chapter 4"
)
_NEWCOMBE = "Newcombe, Statistics in Medicine 17 (1998) 873, method 10"


def findings(compared: Compared) -> Iterator[Finding]:
    """Yield what got worse, of every key."""
    for key in compared.used:
        judged = compared.verdicts[key]
        if judged.word == SLOWER:
            yield _slower(compared, key)
        if judged.tail_word == SLOWER:
            yield _tail(compared, key)
        if judged.word == NEW and compared.after.share[key] >= NEW_SHARE:
            yield _new(compared, key)
        if compared.frequency[key].word == MORE:
            yield _more(compared, key)
        if _fails_more(compared.failed[key]):
            yield _failing(compared, key)
        elif _refuses_more(compared.refused[key]):
            yield _refusing(compared, key)


def name_of(compared: Compared, key: int, limit: int = 60) -> str:
    """Return what to call a key in a sentence; statements are cut to ``limit`` characters."""
    label = compared.observed.labels[key]
    if compared.observed.by == "fingerprint":
        return shown(label, limit)
    return label or "no route"


def _slower(compared: Compared, key: int) -> Finding:
    found, judged = compared.latency[key], compared.verdicts[key]
    p50 = found.quantiles[50]
    title = (
        f"{name_of(compared, key)} got {_told(found.shift)}: p50"
        f" {units.format_ms(p50.before_ms)} before, {units.format_ms(p50.after_ms)} after"
    )
    extra = 1 - math.exp(-found.shift.value)
    matters = extra * float(compared.after.share[key]) >= WORTH
    return _finding(
        compared,
        key,
        "got-slower",
        title,
        extra=extra,
        severity="warning" if matters else "info",
        confidence="high" if judged.p_value < _CERTAIN and found.by_runs else "medium",
        reference=_METHOD,
    )


def _tail(compared: Compared, key: int) -> Finding:
    judged = compared.verdicts[key]
    assert judged.tail is not None
    of = compared.latency[key].quantiles[judged.tail]
    title = (
        f"{name_of(compared, key)}: the slowest {100 - judged.tail} % got slower, the rest did not:"
        f" p{judged.tail} {units.format_ms(of.before_ms)} before, {units.format_ms(of.after_ms)}"
        f" after,"
        f" {shift_in_words(of.shift, of.low, of.high)}"
    )
    return _finding(
        compared,
        key,
        "tail-slower",
        title,
        confidence="medium",
        reference="block bootstrap of the quantile's shift: Lahiri, Resampling Methods for"
        " Dependent Data, 2003, section 2.5",
    )


def _new(compared: Compared, key: int) -> Finding:
    title = (
        f"{name_of(compared, key)} is new and takes"
        f" {units.format_share(float(compared.after.share[key]))} of all time"
        f" ({compared.after.rows[key]:,} times)"
    )
    return _finding(compared, key, "new-cost", title, severity="info", confidence="high")


def _more(compared: Compared, key: int) -> Finding:
    ratio = compared.frequency[key].ratio
    told = compared.before.served and compared.after.served
    per = "per request" if told else "than the others"
    title = f"{name_of(compared, key)} is called {ratio:.1f} times as often {per} as before"
    if told:
        old, new = (float(s.per_request[key]) for s in (compared.before, compared.after))
        title += f" ({old:.3g} calls, now {new:.3g})"
    return _finding(
        compared,
        key,
        "more-frequent",
        title,
        extra=1 - 1 / ratio,
        confidence="medium",
        reference="ratio estimator over stretches of time: Cochran, Sampling Techniques, 3rd ed.,"
        " section 6.4",
    )


def _fails_more(share: Share) -> bool:
    more = share.after - share.before >= FAIL_POINTS
    doubled = share.after >= FAIL_TIMES * share.before and share.hits[1] >= FAIL_FEWEST
    return share.rose and (more or doubled)


def _refuses_more(share: Share) -> bool:
    return share.rose and share.after - share.before >= REFUSE_POINTS


def _failing(compared: Compared, key: int) -> Finding:
    share = compared.failed[key]
    title = (
        f"{name_of(compared, key)} fails in {units.format_share(share.after)} of its calls,"
        f" before in {units.format_share(share.before)}: what fails fast looks faster, so only"
        " successes are compared"
    )
    return _finding(
        compared,
        key,
        "fails-more",
        title,
        severity="critical",
        confidence="high",
        reference=_NEWCOMBE,
    )


def _refusing(compared: Compared, key: int) -> Finding:
    share = compared.refused[key]
    title = (
        f"{name_of(compared, key)} refuses {units.format_share(share.after)} of its requests"
        f" (status 400 to 499), before {units.format_share(share.before)}: refusals are quick"
        " and look like speed, so they are not compared"
    )
    return _finding(compared, key, "refuses-more", title, confidence="high", reference=_NEWCOMBE)


def _finding(
    compared: Compared,
    key: int,
    rule: str,
    title: str,
    *,
    extra: float = 0.0,
    severity: Any = "warning",
    confidence: Any,
    reference: str = "",
) -> Finding:
    """Build a finding; ``extra`` is the share of the time after that it costs."""
    cost = _cost(compared, key, extra) if extra > 0 else {}
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        evidence=_evidence(compared, key),
        fix=_fix(compared, key, rule),
        confidence=confidence,
        reference=reference,
        keys=_keys(compared, key),
        **cost,
    )


def _cost(compared: Compared, key: int, extra: float) -> dict[str, Any]:
    """Return what it costs per hour, or per call where times are unknown."""
    after, ms = compared.after, float(compared.after.total_ms[key]) * extra
    if after.seconds > 0:
        hours = after.seconds / HOUR_S
        return {"saves_ms": ms / hours, "saves_basis": "per hour", "saves_times": hours}
    calls = float(after.calls[key])
    return {"saves_ms": ms / calls, "saves_basis": "per call", "saves_times": calls}


def _evidence(compared: Compared, key: int) -> list[dict[str, Any]]:
    rows = []
    for at, (side, of) in enumerate((("before", compared.before), ("after", compared.after))):
        row: dict[str, Any] = {"side": side, "calls": int(of.rows[key])}
        for p, quantile in compared.latency[key].quantiles.items():
            if not math.isnan(quantile.shift):
                row[f"p{p}_ms"] = (quantile.before_ms, quantile.after_ms)[at]
        row["total_ms"] = float(of.total_ms[key])
        if compared.observed.by == "route":
            row["error_rate"] = getattr(compared.failed[key], side)
        rows.append(row)
    return rows


def _keys(compared: Compared, key: int) -> dict[str, str]:
    observed = compared.observed
    label = observed.ids[key] if observed.ids else observed.labels[key]
    named = "fingerprint_id" if observed.ids else observed.by
    return {named: label} if label is not None else {}


_LOOK = {
    "got-slower": "See where its time goes now, and what else changed at the same time.",
    "tail-slower": "Compare its slowest requests with the rest: what do they have in common?",
    "new-cost": "Is it meant to be there? If so, see where its time goes.",
    "more-frequent": "Look for a loop that asks once per row, or for a cache that no longer hits.",
    "fails-more": "Look at the failures first: latency of what remains says little.",
    "refuses-more": "Look at which requests are refused, and why.",
}


_STATUS = {"fails-more": "status >= 500", "refuses-more": "400 <= status < 500"}


def _fix(compared: Compared, key: int, rule: str) -> Fix:
    return Fix(text=_LOOK[rule], snippet=_snippet(compared, key, rule), language="python")


def _snippet(compared: Compared, key: int, rule: str) -> str:
    by, label = compared.observed.by, compared.observed.labels[key]
    if by == "category":
        return "perfkit.breakdown(after, by='route')"
    if label is None:
        return "perfkit.diagnose(after)"
    if by == "fingerprint":
        of = f"after.where(fingerprint_id={compared.observed.ids[key]!r})"
        return "perfkit.n_plus_one(after)" if rule == "more-frequent" else f"perfkit.digest({of})"
    of = f"after.where(route={label!r})"
    if rule in _STATUS:
        return f"{of}.requests.query('{_STATUS[rule]}')"
    return f"perfkit.tail({of})" if rule == "tail-slower" else f"perfkit.diagnose({of})"


def _told(found: Shift) -> str:
    return shift_in_words(found.value, found.low, found.high)
