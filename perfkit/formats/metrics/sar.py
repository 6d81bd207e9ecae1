"""What ``sar`` prints, live or from its files, in any locale.

A report begins with the kernel, the host, the date and the number of CPUs; sections with a line
of columns, which is repeated. Times are of the host's clock and name no zone. Each section goes
through midnight by itself: sar prints the sections of a file one behind the other, and live
together. Averages, restarts and comments are irrelevant; the number of CPUs in a report's first
line becomes ``cpu.cores``.

A report is read as a whole: what a line means depends on the lines before it.

Checked: sar.c, common.c and pr_stats.c of sysstat, output of 12.6 in the locales C, en_US, en_GB
and de_DE, with S_TIME_FORMAT=ISO, --human and --pretty.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines
from perfkit.formats.metrics.readings import Account
from perfkit.formats.metrics.sar_report import BEGIN, Report
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8

__all__ = ["FORMAT"]

_BEGIN = re.compile(BEGIN.pattern.encode(), re.MULTILINE)
_SECTION = re.compile(
    rb"^\d{1,2}[:.]\d\d[:.]\d\d.{0,12}[ \t](?:CPU|DEV|IFACE|INTR|TTY|kbmemfree|runq-sz|tps"
    rb"|proc/s|pgpgin/s|%[a-z]+|[A-Za-z0-9-]+/s|[A-Z]{2,}|[a-z%]+)[ \t]",
    re.MULTILINE,
)


def recognises(head: bytes) -> Recognition:
    """Recognise the first line of a report, and a time behind it."""
    found = _BEGIN.search(head)
    sure = found is not None and _SECTION.search(head, found.end()) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason="a report of sar")


def cut(data: bytes) -> int:
    """Return where the last report begins (``Format.cut``)."""
    last = data.rfind(b"\nLinux ")
    return last + 1 if last >= 0 and _BEGIN.match(data, last + 1) else 0


def parse(chunk: Chunk) -> Parsed:
    """Parse reports."""
    data, notes = to_utf8(chunk.data)
    lines = data.decode().split("\n")[: count_lines(data)]
    account = Account(lines=len(lines))
    report = Report(account, chunk.zone)
    for line, text in enumerate(lines, start=1):
        if found := BEGIN.match(text):
            notes += report.end()
            report = Report(account, chunk.zone)
            report.begin(line, text, found)
        else:
            report.take(line, text)
    return account.parsed([*notes, *report.end()])


FORMAT = Format(
    name="sar",
    title="sar (sysstat, text)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
