"""Latency that rises at stable throughput: on all routes, without the CPU, or on some routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.alerts import certainty, moments, series, spells
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.spells import Spell

__all__ = ["all_of"]

#: Routes that must rise for latency to rise "together": two may share one table.
_FEWEST_TOGETHER = 3
_EVIDENCE = 8
#: CPU or memory use that stays within this of what it is otherwise has not moved.
_STILL = 0.1

_TOGETHER = Fix(
    text="Routes that have nothing in common but the process became slow together, the fast ones"
    " too: requests wait for something shared, a connection pool, the event loop, or a lock."
    " Measure both before changing either.",
    language="python",
)
_WITHOUT_CPU = Fix(
    text="Neither CPU nor memory explains it: requests wait. Look at the pool's waits first, then"
    " at calls to others; more workers or a larger machine would not help.",
    language="python",
)
_INTERNAL = Fix(
    text="The traffic did not change, the time per request did: the cause is inside (a deploy,"
    " a plan that changed, a lock, a dependency). Find out when it began, then compare.",
    language="python",
)


def all_of(look: Look) -> Iterable[Verdict]:
    """Yield ``slow-together``, ``slow-without-cpu`` and ``internal-slowdown``.

    All three read the same spells (:mod:`..spells`): at least five bins in which the median
    latency of a route is 1.5 times that of other bins with as much throughput, and surely so
    (:mod:`..certainty`). Each spell is
    told once: as that of all routes if 60 % of the routes judged, three at least, rise; else as
    one without CPU, if host readings show that neither CPU nor memory moved; else as internal.
    """
    bins = look.course
    found: list[Spell] = []
    if bins is not None:
        ratio = look.limits["slowdown_ratio"]
        found = spells.find(bins, ratio, look.routes.p50_ms)
        found = [spell for spell in found if certainty.is_certain(look, spell, ratio)]
    together = [s for s in found if _is_together(s, look.limits["together_share"])]
    rest = [s for s in found if s not in together]
    waiting = [s for s in rest if _without_cpu(look, s)]
    inner = [s for s in rest if s not in waiting]
    why = "" if bins is not None else look.short
    yield _verdict(look, "slow-together", together, why or _few_routes(look))
    yield _verdict(look, "slow-without-cpu", waiting, why or _no_readings(look))
    yield _verdict(look, "internal-slowdown", inner, why)


def _is_together(spell: Spell, share: float) -> bool:
    raised = int(spell.raised.sum())
    return raised >= _FEWEST_TOGETHER and raised >= share * len(spell.routes)


def _without_cpu(look: Look, spell: Spell) -> bool:
    cpu, memory = look.cpu, look.memory
    if cpu is None or memory is None:
        return False
    used, usual = _inside(cpu, spell)
    return used < look.limits["busy_cpu"] and used <= usual + _STILL and _memory_still(look, spell)


def _memory_still(look: Look, spell: Spell) -> bool:
    assert look.memory is not None
    used, usual = _inside(look.memory, spell)
    known_size = np.nanmax(look.memory) <= 1
    if known_size:
        return bool(used < look.limits["full_memory"] and used <= usual + _STILL)
    return bool(used <= usual * (1 + _STILL))


def _inside(values: Any, spell: Spell) -> tuple[float, float]:
    """Return the median in the spell and outside of it; NaN, which no comparison passes."""
    outside = np.delete(values, np.s_[spell.low : spell.high])
    return series.quantile(values[spell.low : spell.high], 0.5), series.quantile(outside, 0.5)


def _few_routes(look: Look) -> str:
    judged = 0 if look.course is None else len(look.course.routes)
    return "" if judged >= _FEWEST_TOGETHER else f"only {judged} routes: none is unrelated"


def _no_readings(look: Look) -> str:
    missing = [n for n, v in (("CPU", look.cpu), ("memory", look.memory)) if v is None]
    return f"no readings of {' or '.join(missing)} in metrics" if missing else ""


_LIMIT = {"slow-together": "together_share"}
_CHECKED = {
    "slow-together": "share of routes whose latency rises at the same time, at equal throughput",
    "slow-without-cpu": "median latency at equal throughput, CPU and memory as always",
    "internal-slowdown": "median latency of every route against bins of equal throughput",
}


def _verdict(look: Look, rule: str, found: list[Spell], why: str) -> Verdict:
    alerts = [_alert(look, rule, spell) for spell in found]
    together = rule == "slow-together"
    worst = [
        float(s.raised.sum() / len(s.routes)) if together else float(s.ratio[s.worst])
        for s in found
    ]
    return Verdict(
        rule=rule,
        checked=_CHECKED[rule],
        threshold=look.limits[_LIMIT.get(rule, "slowdown_ratio")],
        value=max(worst, default=float("nan")),
        alerts=alerts,
        why="" if alerts else why,
    )


def _alert(look: Look, rule: str, spell: Spell) -> Alert:
    bins = look.course
    assert bins is not None
    low, high = bins.grid.window(spell.low, spell.high)
    fix, snippet = _fix(look, rule, low, high)
    finding = Finding(
        rule=rule,
        severity="warning",
        title=_title(look, rule, spell, bins),
        evidence=_evidence(look, spell, bins),
        saves_ms=spell.saves_ms,
        saves_basis="per request in the window (over the median of bins with equal throughput)",
        saves_times=spell.requests,
        fix=Fix(text=fix.text, snippet=snippet, language=fix.language),
        confidence="high" if spell.high - spell.low >= 2 * spells.LENGTH else "medium",
        reference=THRESHOLDS[_LIMIT.get(rule, "slowdown_ratio")].source,
        keys=_keys(look, rule, spell, bins) | {"window": moments.key(low, high)},
    )
    return Alert(finding=finding, window=(low, high))


def _keys(look: Look, rule: str, spell: Spell, bins: Binned) -> dict[str, str]:
    """Return the route as a key, where the spell is that of one."""
    if rule == "slow-together" or spell.raised.sum() != 1:
        return {}
    return {"route": look.label(bins.routes[spell.routes[spell.worst]])}


def _title(look: Look, rule: str, spell: Spell, bins: Binned) -> str:
    worst = look.shown(bins.routes[spell.routes[spell.worst]])
    when = moments.said(*bins.grid.window(spell.low, spell.high), look.rec.zone)
    rise = f"{spell.ratio[spell.worst]:.1f} times its usual median"
    raised, judged = int(spell.raised.sum()), len(spell.routes)
    if rule == "slow-together":
        return (
            f"{raised} of {judged} routes are slow together from {when}, at the usual"
            f" throughput ({worst}: {rise})"
        )
    others = f" (and {raised - 1} more)" if raised > 1 else ""
    beside = " while CPU and memory stay as they are" if rule == "slow-without-cpu" else ""
    return f"{worst}{others} takes {rise} from {when}, at the usual throughput{beside}"


def _evidence(look: Look, spell: Spell, bins: Binned) -> list[dict[str, Any]]:
    order = np.argsort(-spell.ratio, kind="stable")[:_EVIDENCE]
    inside = slice(spell.low, spell.high)
    rows = []
    for place in order:
        route = spell.routes[place]
        usual = look.routes.p50_ms[bins.routes[route]]
        level = series.quantile(bins.route_level[route, inside], 0.5)
        rows.append(
            {
                "route": look.label(bins.routes[route]),
                "requests": int(np.nansum(bins.route_count[route, inside])),
                "p50_ms": float(usual * np.exp(level)),
                "times_usual": round(float(spell.ratio[place]), 2),
                "raised": bool(spell.raised[place]),
            }
        )
    return rows


def _fix(look: Look, rule: str, low: int, high: int) -> tuple[Fix, str]:
    part = moments.between(low, high, look.rec.zone)
    if rule == "slow-together":
        return _TOGETHER, f"part = {part}\nperfkit.pool(part)\nperfkit.event_loop(part)"
    if rule == "slow-without-cpu":
        return _WITHOUT_CPU, f"perfkit.pool({part})"
    deployed = look.deploys(low - (high - low) // 10 - 60 * moments.SECOND, high)
    after = f"  # {deployed!r} was deployed at about that time" if deployed else ""
    return _INTERNAL, f"perfkit.since_when(rec){after}\nperfkit.diagnose({part})"
