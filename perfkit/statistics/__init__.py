"""Numbers in, numbers out: quantiles, and what each module here adds to them."""

from perfkit.statistics.quantiles import (
    MINIMUM_COUNT,
    interval_ranks,
    minimum_count,
    quantile,
    quantile_interval,
    summary,
)

__all__ = [
    "MINIMUM_COUNT",
    "interval_ranks",
    "minimum_count",
    "quantile",
    "quantile_interval",
    "summary",
]
