"""Series of Prometheus: labels -> host, name and unit.

The host is the label that says so; all other labels stay in the name, because a name without them
would be several series: ``node_cpu_seconds_total{cpu="0",mode="idle"}``. Units follow the naming
rules (https://prometheus.io/docs/practices/naming): ``_seconds``, ``_bytes``, ``_ratio`` are base
units, ``_total`` counts. Gauges and recording rules of node_exporter (its ``node-mixin``) that
mean what perfkit has a name for get that name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from perfkit.formats.metrics.readings import labelled
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMELESS", "Series", "series"]

#: The first of these that a series has is its host: a pod is told before the kubelet that was
#: asked for it.
_HOSTS = ("pod", "pod_name", "instance", "node", "nodename", "host", "hostname")
_UNITS = (
    (r"_seconds(_total|_sum)?$", "s"),
    (r"_bytes(_total|_sum)?$", "bytes"),
    (r"(_ratio|_total|_count)$", "1"),
)
#: Names -> ours and the unit.
_OURS = (
    (r"node_load(1|5|15)", r"load.\1m", "1"),
    (r"instance:node_cpu_utilisation:rate\w+", "cpu.utilisation", "1"),
    (r"instance:node_memory_utilisation:ratio", "memory.utilisation", "1"),
    (r"instance:node_num_cpu:sum", "cpu.cores", "1"),
)
_CANONICAL = {
    "cpu.utilisation": "1",
    "cpu.cores": "1",
    "memory.utilisation": "1",
    "memory.used": "bytes",
}
NAMELESS = Note(
    kind="unnamed_series",
    message="some series are results of expressions, which have no name; give them one in the "
    'query, such as label_replace(..., "__name__", "cpu.utilisation", "", "")',
)


class Series(NamedTuple):
    """What the labels of a series say."""

    host: str | None
    name: str
    unit: str | None
    named: bool


def series(labels: Mapping[str, str]) -> Series:
    """Return host, name and unit of a series.

    Example:
        >>> series({"__name__": "process_cpu_seconds_total", "instance": "a:80", "job": "shop"})
        Series(host='a:80', name='process_cpu_seconds_total{job="shop"}', unit='s', named=True)
    """
    key = next((label for label in _HOSTS if labels.get(label)), "")
    name = labels.get("__name__", "")
    others = {k: v for k, v in labels.items() if k not in {"__name__", key}}
    ours = _ours(name)
    if ours:
        return Series(labels.get(key), *ours, named=True)
    full = labelled(name or "expression", others)
    return Series(labels.get(key), full, _unit(name), named=bool(name))


@lru_cache(maxsize=1000)
def _ours(name: str) -> tuple[str, str] | None:
    for pattern, ours, unit in _OURS:
        if found := re.fullmatch(pattern, name):
            return found.expand(ours), unit
    return (name, _CANONICAL[name]) if name in _CANONICAL else None


@lru_cache(maxsize=1000)
def _unit(name: str) -> str | None:
    return next((unit for pattern, unit in _UNITS if re.search(pattern, name)), None)
