"""The answer of ``critical_path``: a Result that can be asked what if."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit import tables
from perfkit.analyses.critical_paths.what_if import called, matching, simulated
from perfkit.results import Result

if TYPE_CHECKING:
    import pandas as pd

    from perfkit.analyses.critical_paths.paths import Paths

__all__ = ["CriticalPath"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CriticalPath(Result):
    """Critical paths, with the schedule of the requests to try changes on."""

    paths: Paths

    @cached_property
    def spans(self) -> pd.DataFrame:
        """The spans of one trace, in the order of time, with ``path_ms`` and ``slack_ms``.

        Slack is how much longer the span could take before the request does: 0 on the path.
        Without rows for the paths of several traces.
        """
        return tables.to_pandas(self.series["spans"])

    def what_if(
        self, name: str | None = None, *, service: str | None = None, factor: float = 0.0
    ) -> Result:
        """Simulate the requests with an operation that takes another time.

        A matching span takes ``factor`` of its time, with all that is below it; what began
        after it had ended moves with it, and where calls ran side by side the next longest one
        becomes critical (the model: :mod:`perfkit.analyses.critical_paths.schedule`).

        Args:
            name: an operation as the table names it, the name of a span, or a fingerprint_id.
            service: only spans of this service; alone: everything the service does.
            factor: what is left of its time: 0 free, 0.5 twice as fast, 2 half as fast.

        Returns:
            One row per route: ``saves_ms`` (mean per request), ``mean_ms``, ``mean_after_ms``,
            and p50 and p99 before and after.

        Raises:
            UsageError: nothing is called so, or ``factor`` is negative.

        Example:
            >>> result = perfkit.critical_path(rec)                    # doctest: +SKIP
            >>> result.what_if("select …", factor=0.5).table           # doctest: +SKIP
        """
        rows = matching(self.paths, name, service)
        return simulated(self.paths, rows, factor, called(self.paths, rows, name, service))
