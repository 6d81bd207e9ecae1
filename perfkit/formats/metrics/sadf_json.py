"""``sadf -j``: sysstat's files as one JSON document.

``{"sysstat": {"hosts": [{"nodename", "number-of-cpus", "statistics": [{"timestamp": {"date",
"time", "utc", "interval"}, "cpu-load": [{"cpu": "all", "user": 76.6}], "memory": {...}}]}]}}``.
A record is one look at the system. The keys of CPUs, memory, load, disks and interfaces are
brought to the columns of ``sar``; all other activities are left out: ``sadf -d`` has them.

Checked: json_stats.c of sysstat, output of 12.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.metrics.readings import Account, Quantity
from perfkit.formats.metrics.sysstat_columns import quantities, value_of
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.times import read_times, zone_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["FORMAT"]

_BEGIN = re.compile(rb'\A\s*\{\s*"sysstat"\s*:\s*\{\s*"hosts"\s*:')
_HOST = re.compile(rb'"nodename"\s*:\s*"([^"\\]*)"')
_CPUS = re.compile(rb'"number-of-cpus"\s*:\s*(\d{1,6})\b')
#: Activity -> the column that names a row, its key, and key -> column.
_QUEUE = ("runq-sz", "plist-sz", "ldavg-1", "ldavg-5", "ldavg-15", "blocked")
_ACTIVITIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "cpu-load": (
        "CPU",
        "cpu",
        {
            "user": "%user",
            "usr": "%usr",
            "nice": "%nice",
            "system": "%system",
            "sys": "%sys",
            "iowait": "%iowait",
            "steal": "%steal",
            "idle": "%idle",
        },
    ),
    "memory": (
        "",
        "",
        {
            "memfree": "kbmemfree",
            "avail": "kbavail",
            "memused": "kbmemused",
            "memused-percent": "%memused",
            "buffers": "kbbuffers",
            "cached": "kbcached",
            "swpfree": "kbswpfree",
            "swpused": "kbswpused",
            "swpused-percent": "%swpused",
        },
    ),
    "queue": ("", "", {name: name for name in _QUEUE}),
    "disk": (
        "DEV",
        "disk-device",
        {
            "tps": "tps",
            "rkB": "rkB/s",
            "wkB": "wkB/s",
            "areq-sz": "areq-sz",
            "aqu-sz": "aqu-sz",
            "await": "await",
            "util-percent": "%util",
        },
    ),
    "net-dev": (
        "IFACE",
        "iface",
        {"rxpck": "rxpck/s", "txpck": "txpck/s", "rxkB": "rxkB/s", "txkB": "txkB/s"},
    ),
}


class _Time(msgspec.Struct, gc=False):
    date: str
    time: str
    utc: int | bool = 0


class _Look(msgspec.Struct, gc=False, rename={"cpu": "cpu-load"}):
    timestamp: _Time
    cpu: list[dict[str, Any]] = []
    memory: dict[str, Any] = {}
    queue: dict[str, Any] = {}
    disk: list[dict[str, Any]] = []
    network: dict[str, Any] = {}

    def activities(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the name of an activity, and one row of it."""
        yield from (("cpu-load", row) for row in self.cpu)
        yield "memory", self.memory
        yield "queue", self.queue
        yield from (("disk", row) for row in self.disk)
        devices = self.network.get("net-dev", [])
        rows = devices if isinstance(devices, list) else []
        yield from (("net-dev", row) for row in rows if isinstance(row, dict))


def _looks(element: Any) -> bool:
    return "timestamp" in element and "date" in bytes(element["timestamp"]).decode("latin-1")


_ARRAY = Array(rb'"statistics"\s*:\s*\[', msgspec.Raw, _looks)
_look = msgspec.json.Decoder(_Look).decode


def recognises(head: bytes) -> Recognition:
    """Recognise the beginning of the document."""
    sure = _BEGIN.match(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="sysstat's hosts")


def cut(data: bytes) -> int:
    """Return the offset behind the last look (``Format.cut``)."""
    return _ARRAY.cut(data)


def parse(chunk: Chunk) -> Parsed:
    """Parse looks, each a record."""
    found = _ARRAY.read(chunk)
    account = Account(lines=found.count, rejected=list(found.rejected))
    looks = list(_decoded(account, zip(found.lines, map(bytes, found.items), strict=True)))
    told = [look.timestamp for _, _, look in looks]
    texts = [f"{at.date}T{at.time}" + "+00:00" * bool(at.utc) for at in told]
    times = read_times(texts, chunk.zone)
    host = _HOST.search(chunk.head)
    name = host[1].decode("utf-8", "replace") if host else None
    cores = _cores(chunk)
    for (line, raw, look), at in zip(looks, times.array.cast("int64").to_pylist(), strict=True):
        account.take(line, raw, at, name, [*cores, *_quantities(look)])
    return account.parsed([*found.notes, *[zone_note(chunk.zone)] * times.naive])


def _decoded(
    account: Account, raws: Iterable[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes, _Look]]:
    for line, raw in raws:
        try:
            yield line, raw, _look(raw)
        except (msgspec.DecodeError, RecursionError):
            account.reject(line, "it is no look at a system", raw)


def _cores(chunk: Chunk) -> list[Quantity]:
    found = _CPUS.search(chunk.head)
    return [Quantity("cpu.cores", float(found[1]), "1")] if found else []


def _quantities(look: _Look) -> Iterator[Quantity]:
    for activity, row in look.activities():
        column, key, names = _ACTIVITIES[activity]
        values = {
            names[name]: value
            for name, cell in row.items()
            if name in names and (value := value_of(names[name], str(cell))) is not None
        }
        yield from quantities([column, *values], values, str(row.get(key, "")))


FORMAT = Format(
    name="sadf-json",
    title="sadf -j (sysstat, JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
