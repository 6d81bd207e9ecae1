"""Metrics of CloudWatch: label, statistic and unit -> host, name and base unit.

``CPUUtilization`` (EC2, RDS, ECS: per cent of what was booked) is ``cpu.utilisation``,
``MemoryUtilization`` (ECS) and the agent's ``mem_used_percent`` are ``memory.utilisation``; every
other is ``cloudwatch.`` and its label. A statistic other than the average stands behind the name,
so that a maximum is not taken for the use. The host is the dimension in a label that has one, such
as ``AWS/EC2 InstanceId:i-0abc CPUUtilization Average 300``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from perfkit.formats.metrics.readings import Quantity

__all__ = ["Meaning", "meaning"]

_SHARES = {
    "CPUUtilization": "cpu.utilisation",
    "MemoryUtilization": "memory.utilisation",
    "mem_used_percent": "memory.utilisation",
}
_SHARE = re.compile(rf"(?<![\w.])({'|'.join(_SHARES)})(?![\w.])")
_STATISTIC = re.compile(r"\b(Average|Maximum|Minimum|Sum|SampleCount|(?:p|tm)\d{1,2}(?:\.\d+)?)\b")
#: Longer labels are taken as they are.
_LONGEST = 2000
#: Region and namespace, dimensions, metric, statistic, period: the console's full label.
_FULL = re.compile(r"\S+/\S+(?:\s+[^\s:]+:\S+)*\s+([^\s:]+)\s+\S+\s+\d+")
_DIMENSION = re.compile(r"(?<=\s)[A-Za-z]\w*:(\S+)|\b(i-[0-9a-f]{8,17})\b")
#: The units of CloudWatch whose size nothing leaves open -> divisor and base unit.
_UNITS = {
    "Percent": (100.0, "1"),
    "Seconds": (1.0, "s"),
    "Milliseconds": (1e3, "s"),
    "Microseconds": (1e6, "s"),
    "Bytes": (1.0, "bytes"),
    "Bytes/Second": (1.0, "bytes/s"),
    "Count": (1.0, "1"),
    "Count/Second": (1.0, "1/s"),
}


class Meaning(NamedTuple):
    """What a series of CloudWatch measures."""

    host: str | None
    name: str
    divisor: float
    unit: str | None

    def quantity(self, value: float) -> Quantity:
        """Return a value of the series in its base unit."""
        return Quantity(self.name, value / self.divisor, self.unit)


@lru_cache(maxsize=1000)
def meaning(label: str, statistic: str = "", unit: str = "") -> Meaning:
    """Return what a series is.

    Args:
        label: its label, at best the full one.
        statistic: such as ``Average``; "" takes the one in the label.
        unit: as CloudWatch calls it, "" where it is not told.

    Example:
        >>> meaning("AWS/EC2 InstanceId:i-0abcdef1 CPUUtilization Average 300")
        Meaning(host='i-0abcdef1', name='cpu.utilisation', divisor=100.0, unit='1')
    """
    share, told = _SHARE.search(label), _STATISTIC.search(label)
    statistic = statistic or (told[1] if told else "")
    dimension = _DIMENSION.search(label)
    host = (dimension[1] or dimension[2]) if dimension else None
    full = _FULL.fullmatch(label) if len(label) <= _LONGEST else None
    label = full[1] if full else label
    behind = f".{statistic}" if statistic not in {"", "Average"} else ""
    divisor, base = _UNITS.get(unit, (1.0, unit if unit not in {"", "None"} else None))
    if share and unit in {"", "Percent"} and statistic != "SampleCount":
        divisor, base = _UNITS["Percent"]
        name = f"cloudwatch.{share[1]}{behind}" if behind else _SHARES[share[1]]
        return Meaning(host, name, divisor, base)
    same = not full and told is not None and told[1] == statistic
    return Meaning(host, f"cloudwatch.{label}{'' if same else behind}", divisor, base)
