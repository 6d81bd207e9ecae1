"""Host readings on the time axis of the requests: where CPU, memory and cores are found.

Formats that write the table ``metrics`` use these names (unit in brackets):

========================================== =================================================
``cpu.utilisation`` (1)                    0 to 1, of all cores of the host or container
``memory.utilisation`` (1)                 0 to 1
``memory.used`` (bytes)                    where the size of the memory is not known
``cpu.cores`` (1)                          number of cores, or the container's CPU limit
``load.1m`` (1)                            load average of one minute
``disk.utilisation`` (1)                   0 to 1, share of time the disk was busy
``network.receive``, ``network.transmit``  bytes per second
========================================== =================================================

Where these are missing, names that Prometheus exporters use are recognised; a name may carry its
labels (``node_cpu_seconds_total{cpu="0",mode="idle"}``), and labels that are no part of the name
are expected in it. Counters become rates between readings; one that falls was reset.

* CPU: ``node_cpu_seconds_total`` with ``mode="idle"`` (use = 1 - mean idle rate); otherwise
  ``container_cpu_usage_seconds_total`` or ``process_cpu_seconds_total`` over the number of cores
  (https://github.com/prometheus/node_exporter, cAdvisor, prometheus client libraries).
* memory: ``container_memory_working_set_bytes``, ``process_resident_memory_bytes``.
* cores: ``machine_cpu_cores`` (cAdvisor), or as many as ``node_cpu_seconds_total`` names.

Several hosts count as their mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.alerts.grid import Grid
    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["Readings"]

Series = tuple["Ints", "Floats"]
_IDLE = re.compile(r'node_cpu(_seconds_total)?\b.*mode="?idle"?')
_CPU_LABEL = re.compile(r'\bcpu="?([^",}]+)')
_USED = (r"container_cpu_usage_seconds_total\b", r"process_cpu_seconds_total\b")
_MEMORY = (r"container_memory_working_set_bytes\b", r"process_resident_memory_bytes\b")
#: A reading stands for the time around it, up to so many usual distances between readings.
_REACH = 2.0


@dataclass(frozen=True)
class Readings:
    """The table ``metrics``, asked by subject; what is not in it is None."""

    metrics: pa.Table

    def cpu(self, grid: Grid) -> Floats | None:
        """Return the CPU use (0 to 1) in every bin; NaN where no reading is near."""
        gauges = [self._series(name) for name in self._matching(r"cpu\.utilisation$")]
        found = _mean(grid, gauges)
        return _mean(grid, self._from_counters()) if found is None else found

    def memory(self, grid: Grid) -> Floats | None:
        """Return the memory in use in every bin: 0 to 1 if its size is known, else bytes."""
        for pattern in (r"memory\.utilisation$", r"memory\.used$", *_MEMORY):
            series = [self._series(name) for name in self._matching(pattern)]
            if (found := _mean(grid, series)) is not None:
                return found
        return None

    @cached_property
    def cores(self) -> float | None:
        """The number of cores of a host; None if unknown or if hosts differ."""
        for pattern in (r"cpu\.cores$", r"machine_cpu_cores\b"):
            values = {v for name in self._matching(pattern) for v in self._series(name)[1]}
            if values:
                return float(values.pop()) if len(values) == 1 else None
        idle = (_CPU_LABEL.search(name) for _, name in self._matching(_IDLE.pattern))
        return float(len({match[1] for match in idle if match})) or None

    def _from_counters(self) -> list[Series]:
        idle = [_rate(*self._series(name)) for name in self._matching(_IDLE.pattern)]
        if idle:
            return [(at, 1 - np.clip(rate, 0, 1)) for at, rate in idle]
        if not self.cores:
            return []
        for pattern in _USED:
            used = [_rate(*self._series(name)) for name in self._matching(pattern)]
            if used:
                return [(at, rate / self.cores) for at, rate in used]
        return []

    def _matching(self, pattern: str) -> Iterator[tuple[int, str]]:
        """Yield the groups (one host, one name) whose name begins with the pattern."""
        known = re.compile(pattern)
        for code, label in enumerate(self._groups.labels):
            name = (label or "").partition("\x00")[2]
            if known.match(name):
                yield code, name

    @cached_property
    def _groups(self) -> groups.Groups:
        texts = [pc.fill_null(self.metrics[c].cast(pa.string()), "") for c in ("host", "name")]
        return groups.encode(pc.binary_join_element_wise(*texts, "\x00"))

    @cached_property
    def _columns(self) -> Series:
        at = pc.fill_null(self.metrics["at"].cast(pa.int64()), 0).to_numpy()
        return at, groups.numbers(self.metrics["value"])

    def _series(self, group: tuple[int, str]) -> Series:
        at, value = self._columns
        mine = (self._groups.codes == group[0]) & ~np.isnan(value) & (at != 0)
        order = np.argsort(at[mine], kind="stable")
        return at[mine][order], value[mine][order]


def _rate(at: Ints, value: Floats) -> Series:
    """Return how fast a counter of seconds grew before every reading but the first."""
    step, grown = np.diff(at) / 1e9, np.diff(value)
    usable = (step > 0) & (grown >= 0)
    return at[1:][usable], grown[usable] / step[usable]


def _mean(grid: Grid, series: list[Series]) -> Floats | None:
    """Return the mean of all series in every bin."""
    rows = [_on(grid, at, value) for at, value in series if len(at) > 1]
    if not rows:
        return None
    stacked = np.array(rows)
    known = ~np.isnan(stacked)
    total, count = np.where(known, stacked, 0.0).sum(axis=0), known.sum(axis=0)
    found = np.divide(total, count, out=np.full(grid.size, np.nan), where=count > 0)
    return None if np.isnan(found).all() else found


def _on(grid: Grid, at: Ints, value: Floats) -> Floats:
    """Return a series at the middle of every bin, between readings that are near."""
    middle = grid.start + (np.arange(grid.size) + 0.5) * grid.width
    usual = float(np.median(np.diff(at)))
    after = np.clip(np.searchsorted(at, middle), 0, len(at) - 1)
    before = np.maximum(after - 1, 0)
    gap = np.minimum(np.abs(at[after] - middle), np.abs(middle - at[before]))
    reach = max(_REACH * usual, grid.width)
    return np.where(gap <= reach, np.interp(middle, at.astype(np.float64), value), np.nan)
