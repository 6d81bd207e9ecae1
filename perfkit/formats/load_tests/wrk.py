"""What wrk and wrk2 print, one or several runs in a text.

They print alike; wrk2 is told by its calibration lines (runs of 10 s and more) and by its
HdrHistogram percentiles (``--latency``). What each of their latencies is worth:

* wrk 4 back-fills its latencies after the run (``stats_correct``: for every latency above twice
  the mean interval between a connection's requests, invented ones that much shorter): neither
  what was measured nor what an open loop would have measured. ``corrected`` is unknown, and a
  note says so. Its mean is of the invented latencies too; only its maximum was measured.
* wrk2 measures from when a request should have been sent (``corrected``). With ``-U`` it prints
  a second block, measured from when the request was sent: a row of its own, not corrected.

Responses above 399 and errors of sockets are ``failures``. Since wrk 4.0 a response later than
``--timeout`` is among them, but in no latency.

Checked: src/wrk.c, stats.c and units.c of wg/wrk (4.0 to 4.2), src/wrk.c and README of
giltene/wrk2.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines
from perfkit.formats.load_tests.summary_rows import SummaryRow, load_tests
from perfkit.formats.load_tests.wrk_run import BEGIN, Run
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.recording import Note

__all__ = ["FORMAT"]

_BEGINS = re.compile(rb"^[ \t]*Running [0-9a-z.]+ test @ \S", re.MULTILINE)
_THREADS = re.compile(rb"^[ \t]*[0-9]+ threads and [0-9]+ connections", re.MULTILINE)
BACK_FILLED = Note(
    kind="back_filled_tail",
    message="wrk changes its latencies after the run: it adds invented ones below each slow one to "
    "make up for requests that it could not send meanwhile. Never compare its tail with samples "
    "of another tool or of a log; measure with wrk2 -R at a fixed rate instead",
)


def recognises(head: bytes) -> Recognition:
    """Recognise the first two lines of a run."""
    runs = len(_BEGINS.findall(head))
    sure = runs > 0 and _THREADS.search(head) is not None
    return Recognition(confidence=0.97 if sure else 0.0, reason=f"{runs} runs of wrk or wrk2")


def cut(data: bytes) -> int:
    """Return where the last run begins (``Format.cut``)."""
    end = len(data)
    while (begin := data.rfind(b"Running ", 0, end)) >= 0:
        line = data.rfind(b"\n", 0, begin) + 1
        if _BEGINS.match(data, line):
            return line
        end = begin
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse runs; what stands between them is irrelevant."""
    data, notes = to_utf8(chunk.data)
    lines = data.decode().split("\n")[: count_lines(data)]
    runs, irrelevant = _runs(lines)
    whole = [run for run in runs if run.ended]
    broken = [run for run in runs if not run.ended]
    rows: list[SummaryRow] = [row for run in whole for row in run.rows()]
    rejected = [
        BadLine.of(run.line, "a run without its end", "\n".join(run.lines).encode())
        for run in broken
    ]
    return Parsed(
        tables=load_tests(rows),
        rejected=kept(rejected),
        rejected_lines=sum(len(run.lines) for run in broken),
        irrelevant=irrelevant,
        lines=len(lines),
        notes=(*notes, *[BACK_FILLED] * any(row.tool == "wrk" for row in rows)),
    )


def _runs(lines: list[str]) -> tuple[list[Run], int]:
    """Return the runs, and how many lines belong to none."""
    runs: list[Run] = []
    irrelevant, last = 0, None
    for number, line in enumerate(lines, start=1):
        if begin := BEGIN.match(line):
            last = Run(number, begin[1], begin[2])
            runs.append(last)
        elif last is None:
            irrelevant += 1
            continue
        last.take(number, line)
        if last.over:
            last = None
    return runs, irrelevant


FORMAT = Format(
    name="wrk",
    title="wrk and wrk2 output (text)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
