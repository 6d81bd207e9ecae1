"""Logs and traces that tell of the same statements, scanned: each is counted once."""

import io
import json

import pytest

import perfkit
from perfkit.analyses.digests.tellers import Teller
from perfkit.ingest import crew
from perfkit.tasks.scanned import Sum, Terms, counted

LINE = (
    "2026-11-21 02:{:02}:00.000 UTC [7] u@d/app LOG:  duration: 1.000 ms"
    "  statement: select a from t where b = {}\n"
)
SECOND = 1_795_226_400  # 2026-11-21 02:00:00


def span(minute):
    start = SECOND + 60 * minute
    values = {"db.system": "postgresql", "db.statement": "select a from t where b = 1"}
    return {
        "traceId": f"{minute + 1:032x}",
        "spanId": f"{minute + 1:016x}",
        "name": "select",
        "kind": 3,
        "startTimeUnixNano": str(start * 10**9),
        "endTimeUnixNano": str(start * 10**9 + 5_000_000),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in values.items()],
    }


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a log and traces of some minutes; little pieces, so that no piece knows all."""
    monkeypatch.setattr(crew, "_SMALLEST_PIECE", 1000)
    monkeypatch.setattr(crew, "CHUNK_BYTES", 1000)

    def write(logged, traced):
        (tmp_path / "pg.log").write_text("".join(LINE.format(n, n) for n in logged))
        one = [{"resource": {}, "scopeSpans": [{"spans": [span(n)]}]} for n in traced]
        (tmp_path / "t.jsonl").write_text(
            "".join(json.dumps({"resourceSpans": [spans]}) + "\n" for spans in one)
        )
        return tmp_path / "pg.log", tmp_path / "t.jsonl"

    return write


@pytest.mark.parametrize(
    ("logged", "traced", "calls"),
    [
        (range(30), range(30), 30),  # the same time: the log counts
        (range(30), range(10, 20), 30),  # within
        (range(20), range(30, 50), 40),  # apart: both count
        (range(20), range(10, 40), 40),  # in part: the traces count where there is no log
        (range(20, 30), range(50), 50),  # the log is within the traces
    ],
)
def test_a_statement_that_two_sources_tell_of_counts_once(written, logged, traced, calls):
    paths = written(logged, traced)
    exact = perfkit.digest(perfkit.load(*paths))
    scanned = perfkit.scan(*paths).digest()
    assert exact.totals["calls"] == scanned.totals["calls"] == calls
    assert scanned.totals["total_ms"] == pytest.approx(exact.totals["total_ms"])
    assert scanned.totals["lines"] == exact.totals["lines"]


def test_a_stream_cannot_be_read_again_and_the_answer_says_so(written):
    log, traces = written(range(20), range(10, 40))
    scanned = perfkit.scan(log, io.BytesIO(traces.read_bytes())).digest()
    assert scanned.totals["calls"] == 20
    assert any("cannot be read twice" in caveat for caveat in scanned.caveats)


def test_pieces_add_up_whatever_their_number():
    rec = perfkit.sample("shop_launch")
    terms = Terms(by=("fingerprint_id",), covered={})
    whole, pieces = Sum(terms), Sum(terms)
    names = [source.name for source in rec.inputs]
    queries = rec.arrow("queries")
    whole.take(counted({"queries": queries}, terms=terms, names=names))
    for start in range(0, queries.num_rows, 500):
        part = queries.slice(start, 500)
        pieces.take(counted({"queries": part}, terms=terms, names=names))
    assert set(whole.told) == set(pieces.told)
    assert Teller("server", "postgresql") in whole.told
    for teller, part in whole.told.items():
        assert part.sums["calls"].sum() == pieces.told[teller].sums["calls"].sum()
        assert part.groups == pieces.told[teller].groups
    assert whole.totals.num_rows == 0
    assert not whole.notes
