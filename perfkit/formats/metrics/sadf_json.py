"""``sadf -j``: sysstat's files as one JSON document.

``{"sysstat": {"hosts": [{"nodename", "number-of-cpus", "statistics": [{"timestamp": {"date",
"time", "utc", "interval"}, "cpu-load": [{"cpu": "all", "user": 76.6}], "memory": {...}}]}]}}``.
A record is one look at the system. The keys of CPUs, memory, load, disks and interfaces are
brought to the columns of ``sar``; all other activities are left out: ``sadf -d`` has them.

Checked: json_stats.c of sysstat, output of 12.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.metrics.documents import documents
from perfkit.formats.metrics.readings import Account, Quantity
from perfkit.formats.metrics.sysstat_columns import quantities, value_of
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FORMAT"]

_BEGIN = re.compile(rb'\A\s*\{\s*"sysstat"\s*:\s*\{\s*"hosts"\s*:')
_NEXT = re.compile(r'\{\s*"sysstat"\s*:')
BROKEN = "it is not JSON, or cut off"
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


class _Host(msgspec.Struct, gc=False, rename={"cpus": "number-of-cpus"}):
    nodename: str | None = None
    cpus: int | None = None
    statistics: list[msgspec.Raw] = []


class _Hosts(msgspec.Struct, gc=False):
    hosts: list[_Host]


class _Document(msgspec.Struct, gc=False):
    sysstat: _Hosts


class _Row(NamedTuple):
    line: int
    raw: bytes
    host: _Host
    look: _Look


_document = msgspec.json.Decoder(_Document).decode
_look = msgspec.json.Decoder(_Look).decode


def recognises(head: bytes) -> Recognition:
    """Recognise the beginning of the document."""
    sure = _BEGIN.match(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="sysstat's hosts")


def cut(data: bytes) -> int:  # noqa: ARG001 - a document cannot be divided (``Format.cut``)
    """Return 0: a document is read as a whole."""
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse looks, each a record."""
    data, notes = to_utf8(chunk.data)
    account = Account()
    rows = list(_rows(account, data.decode()))
    told = [row.look.timestamp for row in rows]
    texts = [f"{at.date}T{at.time}" + "+00:00" * bool(at.utc) for at in told]
    times = read_times(texts, chunk.zone)
    for row, at in zip(rows, times.array.cast("int64").to_pylist(), strict=True):
        quantities_of_it = [*_cores(row.host), *_quantities(row.look)]
        account.take(row.line, row.raw, at, row.host.nodename, quantities_of_it)
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive])


def _rows(account: Account, text: str) -> Iterator[_Row]:
    for document, _ in documents(text, _NEXT):
        try:
            hosts = _document(document).sysstat.hosts
        except (msgspec.DecodeError, RecursionError):
            account.lines += 1
            account.reject(account.lines, BROKEN, document[:1000].encode())
            continue
        for host in hosts:
            yield from _of_host(account, host)


def _of_host(account: Account, host: _Host) -> Iterator[_Row]:
    for raw in map(bytes, host.statistics):
        account.lines += 1
        try:
            yield _Row(account.lines, raw, host, _look(raw))
        except (msgspec.DecodeError, RecursionError):
            account.reject(account.lines, "it is no look at a system", raw)


def _cores(host: _Host) -> list[Quantity]:
    return [] if host.cpus is None else [Quantity("cpu.cores", float(host.cpus), "1")]


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
