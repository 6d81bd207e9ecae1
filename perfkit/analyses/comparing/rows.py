"""The table of a comparison: one row per key, the largest change of total time first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.analyses.comparing.amounts import Amounts, Share, amounts, shares
from perfkit.analyses.comparing.frequency import LESS, MORE, Frequency, frequencies
from perfkit.analyses.comparing.latency import PERCENTILES, Latency, latency
from perfkit.analyses.comparing.samples import samples_of
from perfkit.analyses.comparing.verdicts import FEW, NO_CHANGE, Verdict, verdicts
from perfkit.analyses.comparing.wording import percent
from perfkit.statistics.student import upper_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.comparing.observed import Observed

__all__ = ["Compared", "compared"]

HOUR_S = 3600.0
_ENDS = ("before_ms", "after_ms", "shift_pct", "low_pct", "high_pct")
_NORMAL = 1e9  # degrees of freedom


def _schema(by: str) -> pa.Schema:
    numbers = ["shift_pct", "low_pct", "high_pct", "p_value"]
    counted = by != "route"
    fields = [(by, pa.string()), ("verdict", pa.string())]
    fields += [(name, pa.float64()) for name in numbers]
    fields += [("n_before", pa.int64()), ("n_after", pa.int64())]
    fields += [(f"p{p}_{end}", pa.float64()) for p in PERCENTILES for end in _ENDS]
    names = ["total_before_ms", "total_after_ms", "change_ms_per_h", "before_share", "after_share"]
    names += ["rate_before_per_s", "rate_after_per_s"]
    names += ["calls_per_request_before", "calls_per_request_after"] if counted else []
    names += ["frequency_ratio"] if counted else ["error_rate_before", "error_rate_after"]
    names += ["detectable_pct", "tau", "p_unadjusted"]
    fields += [(name, pa.float64()) for name in names]
    fields += [("calls_before", pa.int64()), ("calls_after", pa.int64())]
    fields += [("frequency", pa.string())] if counted else []
    fields += [("tail", pa.string())]
    fields += [("fingerprint_id", pa.string())] if by == "fingerprint" else []
    return pa.schema(fields)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Everything that is known of each key, in the order of :attr:`Observed.labels`."""

    observed: Observed
    latency: Sequence[Latency]
    verdicts: Sequence[Verdict]
    frequency: Sequence[Frequency]
    failed: Sequence[Share]
    refused: Sequence[Share]
    before: Amounts
    after: Amounts
    used: Sequence[int]

    def table(self) -> pa.Table:
        """Return one row per key that occurs, the largest change of total time first."""
        rows = [self._row(key) for key in self.used]
        change = [_known(row["change_ms_per_h"], row) for row in rows]
        order = sorted(range(len(rows)), key=lambda at: (-abs(change[at]), _label(rows[at], self)))
        return pa.Table.from_pylist([rows[at] for at in order], _schema(self.observed.by))

    def word(self, key: int) -> str:
        """Return the verdict; of a key whose latency tells nothing, how often it is called."""
        word, frequency = self.verdicts[key].word, self.frequency[key].word
        often = frequency in {MORE, LESS} and word in {NO_CHANGE, FEW}
        return frequency if often and frequency else word

    def _row(self, key: int) -> dict[str, Any]:
        found, judged = self.latency[key], self.verdicts[key]
        row = {
            self.observed.by: self.observed.labels[key],
            "verdict": self.word(key),
            "shift_pct": percent(found.shift.value),
            "low_pct": percent(found.shift.low),
            "high_pct": percent(found.shift.high),
            "p_value": judged.p_value,
            "n_before": found.counts[0],
            "n_after": found.counts[1],
            "detectable_pct": percent(judged.detectable),
            "tau": found.tau,
            "p_unadjusted": found.shift.p_value,
            "tail": f"p{judged.tail} {judged.tail_word}" if judged.tail else None,
        }
        row |= self._percentiles(found) | self._amounts(key)
        if self.observed.ids:
            row["fingerprint_id"] = self.observed.ids[key]
        return row

    def _percentiles(self, found: Latency) -> dict[str, float]:
        return {
            f"p{p}_{end}": value
            for p, q in found.quantiles.items()
            for end, value in zip(
                _ENDS,
                (q.before_ms, q.after_ms, *map(percent, (q.shift, q.low, q.high))),
                strict=True,
            )
        }

    def _amounts(self, key: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        sides = {"before": self.before, "after": self.after}
        for side, of in sides.items():
            row |= {
                f"calls_{side}": int(of.rows[key]),
                f"total_{side}_ms": float(of.total_ms[key]),
                f"{side}_share": float(of.share[key]),
                f"rate_{side}_per_s": float(of.rate_per_s[key]),
                f"calls_per_request_{side}": float(of.per_request[key]),
                f"error_rate_{side}": getattr(self.failed[key], side),
            }
        per_s = [row[f"total_{name}_ms"] / of.seconds for name, of in sides.items()]
        row["change_ms_per_h"] = HOUR_S * (per_s[1] - per_s[0])
        row["frequency"] = self.frequency[key].word
        row["frequency_ratio"] = self.frequency[key].ratio
        return row


def _known(change: float, row: dict[str, Any]) -> float:
    """Return the change per hour; where times are unknown the change between both recordings."""
    return row["total_after_ms"] - row["total_before_ms"] if math.isnan(change) else change


def _label(row: dict[str, Any], all_of: Compared) -> str:
    return row[all_of.observed.by] or ""


def compared(observed: Observed, min_effect: float) -> Compared:
    """Compare every key; ``min_effect`` is the smallest change that matters, in logarithms."""
    keys = len(observed.labels)
    before, after = (amounts(side, keys) for side in observed.sides)
    counts = list(zip(before.rows.tolist(), after.rows.tolist(), strict=True))
    found = list(map(latency, samples_of(observed)))
    used = [key for key, rows in enumerate(counts) if any(rows)]
    z = upper_quantile(0.025 / max(1, len(used)), _NORMAL)
    return Compared(
        observed=observed,
        latency=found,
        verdicts=verdicts(found, counts, min_effect),
        frequency=frequencies(observed),
        failed=shares(observed, "failed", z),
        refused=shares(observed, "refused", z),
        before=before,
        after=after,
        used=used,
    )
