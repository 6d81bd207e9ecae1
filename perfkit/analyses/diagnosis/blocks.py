"""When the event loop was blocked, and by which code: each moment counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.frames import code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.results import Result

__all__ = ["Blocks"]


class Blocks:
    """Intervals (epoch nanoseconds) in which the loop was blocked, with the function to blame."""

    def __init__(self, ends: NDArray[Any], lengths_ms: NDArray[Any], codes: list[str]) -> None:
        """Take blocks in any order; where two reports overlap, the later one is cut."""
        order = np.argsort(ends)
        self.ends = ends[order]
        starts = self.ends - lengths_ms[order] * 1e6
        self.starts = np.maximum(starts, np.concatenate([[-np.inf], self.ends[:-1]])[: len(ends)])
        self.codes = np.array(codes, dtype=object)[order]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Self:
        """Take the blocks of the event-loop analysis, if it was run."""
        tables = [result.arrow for result in results if result.analysis == "event_loop"]
        if not tables:
            return cls(np.array([]), np.array([]), [])
        known = tables[0].filter(
            pc.and_(pc.is_valid(tables[0]["at"]), pc.is_valid(tables[0]["lag_ms"]))
        )
        ends = known["at"].cast(pa.int64()).to_numpy().astype("float64")
        return cls(ends, known["lag_ms"].to_numpy(), code_of(known["frame"]).to_pylist())

    def within(
        self, starts: NDArray[Any], ends: NDArray[Any], code: str | None = None
    ) -> NDArray[Any]:
        """Return the milliseconds of each interval with the loop blocked (by ``code``)."""
        chosen = np.full(len(self.ends), True) if code is None else self.codes == code  # noqa: FBT003
        if not chosen.any():
            return np.zeros(len(starts))
        knots = np.column_stack([self.starts[chosen], self.ends[chosen]]).ravel()
        lasted = self.ends[chosen] - self.starts[chosen]
        level = np.column_stack([np.cumsum(lasted) - lasted, np.cumsum(lasted)]).ravel()
        return np.asarray((np.interp(ends, knots, level) - np.interp(starts, knots, level)) / 1e6)
