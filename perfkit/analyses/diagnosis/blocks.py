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
        """Take blocks in any order; where reports overlap, the one that ended first counts."""
        order = np.argsort(ends, kind="stable")
        ends = ends[order]
        self.starts, self.ends, owner = _pieces(ends - lengths_ms[order] * 1e6, ends)
        self.codes = np.array(codes, dtype=object)[order][owner]

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


def _pieces(
    starts: NDArray[Any], ends: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Cut intervals in order of their ends into what each adds to those before it.

    Returns starts, ends and the interval of every piece, in order of time.
    """
    pieces: list[tuple[float, float, int]] = []
    covered: list[tuple[float, float]] = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        low, free = start, end
        while covered and covered[-1][1] >= start:
            before, after = covered.pop()
            pieces.append((after, free, number))
            low, free = min(low, before), before
        pieces.append((start, free, number))
        covered.append((low, end))
    known = sorted(piece for piece in pieces if piece[0] < piece[1])
    columns = list(zip(*known, strict=True)) or [(), (), ()]
    return np.array(columns[0]), np.array(columns[1]), np.array(columns[2], dtype=np.int64)
