"""Pieces put together: numbered throughout, rows on disk where they are many."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats import model
from perfkit.formats.registry import named
from perfkit.ingest import gather
from perfkit.ingest.gather import Heap, Text
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Pieces, Terms
from perfkit.ingest.work import Job, run

ITEM = named("postgres-stderr")
DETAILED = (
    "2026-11-21 02:00:{0:02}.000 UTC [7] u@d/app LOG:  duration: 1.000 ms  execute s: select {0},\n"
    "\t  $1\n"
    "2026-11-21 02:00:{0:02}.000 UTC [7] u@d/app DETAIL:  parameters: $1 = '{0}'\n"
)


def text(data):
    return Text(Unpacked(io.BytesIO(data), "a"))


def heap_of(data, size=3000, lines=0):
    heap = Heap(lines)
    for piece in Pieces(text(data), ITEM, Terms(), size=size):
        heap.add(run(Job(parse=ITEM.parse), piece))
    return heap


@given(st.integers(100, 4000))
@settings(max_examples=15)
def test_however_an_input_is_cut_its_rows_are_the_same(size):
    data = "".join(DETAILED.format(n) for n in range(30)).encode()
    whole = gather.gather(text(data), ITEM, size=len(data) + 1)
    cut = gather.gather(text(data), ITEM, size=size)
    assert cut.lines == whole.lines == 90
    assert cut.tables["queries"].to_pylist() == whole.tables["queries"].to_pylist()
    assert whole.tables["queries"].num_rows == 30


def test_lines_of_a_later_input_are_counted_from_where_they_begin(log):
    rows = [row for part in heap_of(log, lines=5).parts for row in part.tables["queries"]["line"]]
    assert [row.as_py() for row in rows] == list(range(6, 106))


def test_rejected_lines_are_kept_up_to_a_limit_and_all_are_counted(log, monkeypatch):
    monkeypatch.setattr(model, "KEPT_PER_REASON", 3)
    line = log.splitlines(keepends=True)[0]
    parts = heap_of((line + b"\0broken\n") * 500).parts
    assert len(parts) > 5
    rejected = [bad for part in parts for bad in part.rejected]
    counts = {bad.reason: [b.reason for b in rejected].count(bad.reason) for bad in rejected}
    assert counts
    assert set(counts.values()) == {3}
    assert sum(part.rejected_lines for part in parts) == 500


def test_many_rows_are_kept_on_disk_and_are_the_same(log, monkeypatch):
    here = [part.tables["queries"] for part in heap_of(log).parts]
    spilled = []
    real = gather.spilled

    def watched(contents):
        spilled.append(len(contents))
        return real(contents)

    monkeypatch.setattr(gather, "spilled", watched)
    monkeypatch.setattr(gather, "SPILL_BYTES", 1000)
    there = [part.tables["queries"] for part in heap_of(log).parts]
    assert len(spilled) == len(here) - 1  # the first was not yet too much
    assert [table.to_pylist() for table in there] == [table.to_pylist() for table in here]


@pytest.mark.parametrize("reduced", [False, True])
def test_a_log_without_anything_pending_is_its_parts(log, reduced):
    heap = heap_of(log)
    (whole,) = gather.collected([heap.parts], named("redis-slowlog"), reduced=reduced)
    assert whole.lines == 100
    assert whole.tables["queries"].num_rows == 100
