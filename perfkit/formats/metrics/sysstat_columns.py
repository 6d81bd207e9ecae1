"""The columns of sysstat's reports (``sar``, ``sadf -d``) -> names and base units.

A column keeps its name (``sar.kbmemfree``, ``sar.%user{cpu="all"}``) unless it is a reading that
perfkit has a name for. Sizes are in bytes (sysstat's kB are 1024), percentages shares of 1.

* ``cpu.utilisation`` is what is neither idle nor waiting for I/O, of the row of all CPUs.
* ``memory.used`` and ``memory.utilisation`` leave out what the kernel can give back: ``kbavail``,
  or, in reports before sysstat 11.5 (whose ``kbmemused`` has buffers and caches in it), buffers
  and caches.

Checked: sar(1), sadf(1) and output of sysstat 12.6; rndr_stats.c and pr_stats.c of its source.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from perfkit.formats.metrics.readings import Quantity, labelled, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ALL", "LABELS", "quantities", "value_of"]

#: Columns that say what a row is of -> the label.
LABELS = {
    "CPU": "cpu",
    "DEV": "device",
    "IFACE": "interface",
    "TTY": "tty",
    "INTR": "interrupt",
    "FILESYSTEM": "filesystem",
    "MOUNTPOINT": "filesystem",
    "FCHOST": "host",
    "FAN": "fan",
    "TEMP": "sensor",
    "IN": "sensor",
    "BAT": "battery",
    "BUS": "bus",
    "DEVICE": "device",
}
#: What sadf calls the row of all CPUs, and all interrupts.
ALL = "all"
_KIB, _SECTOR, _PERCENT = 1024, 512, 100
_OURS = {
    "ldavg-1": "load.1m",
    "ldavg-5": "load.5m",
    "ldavg-15": "load.15m",
    "%util": "disk.utilisation",
    "rxkB/s": "network.receive",
    "txkB/s": "network.transmit",
}
#: Columns -> factor and unit; the first that matches counts.
_UNITS = (
    (r"%.*", 1.0, "1"),
    (r"kb.*|areq-sz", _KIB, "bytes"),
    (r"MB.*", _KIB * _KIB, "bytes"),
    (r"avgrq-sz", _SECTOR, "bytes"),
    (r".*kB/s|pgpg(in|out)/s", _KIB, "bytes/s"),
    (r"b(read|wrtn|dscd)/s|(rd|wr|dc)_sec/s", _SECTOR, "bytes/s"),
    (r"await|svctm", 0.001, "s"),
    (r".*/s", 1.0, "1/s"),
    (r"MHz|wghMHz", 1e6, "Hz"),
    (r"degC|rpm|inV|.*\[.*", 1.0, None),
)
_HUMAN = re.compile(r"([0-9.,]+)([BkMGTP])")
_POWERS = {letter: float(_KIB**power) for power, letter in enumerate("BkMGTP")}


class _Unit(NamedTuple):
    factor: float
    unit: str | None


def value_of(column: str, text: str) -> float | None:
    """Return a cell in base units; None where it is no number.

    Example:
        >>> value_of("kbmemfree", "2"), value_of("kbmemfree", "1.5M"), value_of("%idle", "25,00")
        (2048.0, 1572864.0, 0.25)
    """
    human = _HUMAN.fullmatch(text)
    if human and _unit(column).factor >= _KIB:
        found = number(human[1])
        return None if found is None else found * _POWERS[human[2]]
    found = number(text.removesuffix("%"))
    if found is None or not column.startswith("%"):
        return None if found is None else found * _unit(column).factor
    return found / _PERCENT  # rounded once


def quantities(columns: Sequence[str], values: Mapping[str, float], label: str) -> list[Quantity]:
    """Return what a row says.

    Args:
        columns: the names in the header, the one of the label among them.
        values: the row's numbers in base units.
        label: what the row is of, "" for the whole host.
    """
    key = next((LABELS[name] for name in columns if name in LABELS), "")
    labels = {key: label} if key and label else {}
    plain = [
        Quantity(labelled(_OURS.get(name, f"sar.{name}"), labels), value, _unit(name).unit)
        for name, value in values.items()
    ]
    whole = not labels or label == ALL
    return [*plain, *(_derived(values) if whole else ())]


def _derived(values: Mapping[str, float]) -> Iterator[Quantity]:
    if "%idle" in values:
        idle = values["%idle"] + values.get("%iowait", 0.0)
        yield Quantity("cpu.utilisation", round(1 - min(idle, 1.0), 6), "1")
    if values.get("%memused") and "kbmemused" in values:
        yield from _memory(values, values["kbmemused"] / values["%memused"])


def _memory(values: Mapping[str, float], total: float) -> Iterator[Quantity]:
    cached = values.get("kbbuffers", 0.0) + values.get("kbcached", 0.0)
    used = total - values["kbavail"] if "kbavail" in values else values["kbmemused"] - cached
    yield Quantity("memory.used", used, "bytes")
    yield Quantity("memory.utilisation", round(min(max(used / total, 0.0), 1.0), 6), "1")


@lru_cache(maxsize=1000)
def _unit(column: str) -> _Unit:
    found = (_Unit(f, unit) for pattern, f, unit in _UNITS if re.fullmatch(pattern, column))
    return next(found, _Unit(1.0, "1"))
