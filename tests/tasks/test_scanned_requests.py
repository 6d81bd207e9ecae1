"""scan().baseline() says what load() and baseline() say, without keeping rows."""

import gzip
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import perfkit
from perfkit import tables
from perfkit.analyses.baseline import baseline
from perfkit.errors import UsageError
from perfkit.ingest import crew
from perfkit.tasks import scanned_requests
from perfkit.tasks.scanned_requests import RequestSum, counted_requests

ROUGH = {
    f"{name}{end}_ms" for name in ("p50", "p90", "p95", "p99") for end in ("", "_low", "_high")
}
ROUGH |= {f"{side}_{name}" for side in ("upstream", "proxy") for name in ROUGH}
SAMPLE = Path(__file__).parents[2] / "sample_data" / "healthy"
SECOND = 1_795_226_400  # 2026-11-21 02:00:00


@pytest.fixture
def table():
    """A canonical table out of dictionaries."""

    def make(name, rows):
        columns = dict.fromkeys(column for row in rows for column in row)
        return tables.from_columns(name, {c: [row.get(c) for row in rows] for c in columns})

    return make


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(crew, "_SMALLEST_PIECE", 1000)
    monkeypatch.setattr(crew, "CHUNK_BYTES", 5000)


def line(n, rng, path):
    return json.dumps(
        {
            "event": "request_finished",
            "timestamp": f"2026-11-21T02:{n // 60 % 60:02}:{n % 60:02}Z",
            "method": "GET" if n % 5 else "POST",
            "path": path,
            "status": int(rng.choice([200, 404, 499, 500], p=[0.9, 0.04, 0.03, 0.03])),
            "duration_ms": round(float(rng.lognormal(3, 1)), 3),
        }
    )


def paths(n):
    name = "".join(chr(97 + n * step % 26) for step in (7, 11, 3, 17, 5))
    return (f"/orders/{n}?page=2", "/cart", f"/products/{name}x", "/")[n % 4]


@pytest.fixture
def log(tmp_path):
    rng = np.random.default_rng(8)
    file = tmp_path / "requests.jsonl"
    file.write_text("".join(line(n, rng, paths(n)) + "\n" for n in range(3000)))
    return file


def near(name, one, other):
    if not isinstance(one, float) or not isinstance(other, float):
        return one == other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) == math.isnan(other)
    return math.isclose(one, other, rel_tol=0.0101 if name in ROUGH else 1e-9, abs_tol=1e-9)


def assert_same(exact, scanned):
    pairs = [(exact.arrow, scanned.arrow)]
    sections = {t: table for t, table in exact.sections.items() if t != "Rules checked"}
    assert list(sections) == list(scanned.sections)
    pairs += [(table, scanned.sections[title]) for title, table in sections.items()]
    for one, other in pairs:
        assert one.num_rows == other.num_rows
        assert one.schema == other.schema
        for row, twin in zip(one.to_pylist(), other.to_pylist(), strict=True):
            for name, value in row.items():
                assert near(name, value, twin[name]), (row, twin, name)
    for name, value in exact.totals.items():
        assert near(name, value, scanned.totals[name]), name


def test_counts_are_equal_and_percentiles_within_one_per_cent(log):
    exact, scanned = baseline(perfkit.load(log)), perfkit.scan(log).baseline()
    assert exact.arrow.num_rows >= 3
    assert exact.totals["requests"] == 3000
    assert_same(exact, scanned)
    assert any("which were not kept" in caveat for caveat in scanned.caveats)
    assert not any("which were not kept" in caveat for caveat in exact.caveats)


def test_the_samples_of_the_lab_are_scanned_as_they_are_loaded(monkeypatch):
    monkeypatch.setattr(crew, "CHUNK_BYTES", 300_000)
    files = sorted(SAMPLE.glob("*.gz"))
    scanned = perfkit.scan(*files).baseline()
    exact = baseline(perfkit.load(*files))
    assert_same(exact, scanned)
    assert scanned.findings == ()
    assert any("requests of traces are left out" in caveat for caveat in scanned.caveats)


def test_logs_of_several_kinds_may_tell_of_the_same_and_the_answer_says_so(log, tmp_path):
    saved = tmp_path / "x.perfkit"
    perfkit.load(log).save(saved)
    caveats = perfkit.scan(log).baseline().caveats
    assert not any("logs of several kinds" in caveat for caveat in caveats)
    other = tmp_path / "other.csv"
    other.write_text("route,took\n" + "/a,5\n" * 9)
    rec = perfkit.load(other, table="requests", columns={"took": "duration_ms"}, unit="ms")
    rec.save(tmp_path / "other.perfkit")
    caveats = perfkit.scan(log, tmp_path / "other.perfkit").baseline().caveats
    assert any("logs of several kinds" in caveat for caveat in caveats)


def test_packed_and_rotated_files_are_one_stream(log, tmp_path):
    data = log.read_bytes()
    at = data.index(b"duration_ms", len(data) // 2)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "r.jsonl.1.gz").write_bytes(gzip.compress(data[:at]))
    (tmp_path / "r" / "r.jsonl").write_bytes(data[at:])
    loaded = baseline(perfkit.load(tmp_path / "r"))
    assert loaded.totals["requests"] >= 2999
    assert_same(loaded, perfkit.scan(tmp_path / "r").baseline())


def test_a_budget_is_judged_and_a_mistake_said_before_anything_is_read(log, tmp_path):
    scanned = perfkit.scan(log).baseline(budget="p95<10ms")
    assert "broken" in scanned.arrow["budget"].to_pylist()
    with pytest.raises(UsageError, match="budget"):
        perfkit.scan(tmp_path / "missing").baseline(budget="soon")


def test_the_course_over_time_is_that_of_all_requests(log):
    exact, scanned = baseline(perfkit.load(log)), perfkit.scan(log).baseline()
    course = scanned.series["over_time"]
    assert course["requests"].to_numpy().sum() == 3000
    assert scanned.heatmap().layout.title.text
    assert scanned.load_curve().data[0].name == "p50"
    with pytest.raises(UsageError, match="was not kept"):
        scanned.heatmap(exact.arrow["route"][0].as_py())


def requests(count, *, route=None, path=None, **more):
    row = {"route": route, "path": path, "duration_ms": 5.0, "started_at": SECOND * 10**9, **more}
    return [row] * count


def counted(table, rows, **others):
    return counted_requests({"requests": table("requests", rows), **others}, names=("a.log",))


def described(*pieces):
    found = RequestSum()
    for piece in pieces:
        found.take(piece)
    served, sent = found.whole()
    rows = dict(
        zip(served.part.routes.labels, served.part.routes.sums["requests"].tolist(), strict=True)
    )
    return {label: count for label, count in rows.items() if count}, sent, found


def test_a_route_that_some_rows_know_names_the_paths_of_others(table):
    logged = requests(3, path="/orders/17?x") + requests(2, path="/ORDERS")
    named = requests(4, route="/orders/{order_id}", path="/orders/3")
    rows, _, _ = described(counted(table, logged), counted(table, named))
    assert rows == {"/orders/{order_id}": 7, "/ORDERS": 2}


def test_names_are_judged_by_all_pieces_together(table):
    names = [f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuv"]
    pieces = [
        counted(table, [row for name in names[at::9] for row in requests(1, path=f"/shop/{name}")])
        for at in range(9)
    ]
    rows, _, _ = described(*pieces)
    assert rows == {"/shop/{name}": len(names)}


def test_requests_of_traces_count_where_no_log_tells_of_their_route(table):
    spans = table("spans", [{"trace_id": "t", "span_id": "s"}])
    traced = requests(5, route="/a") + requests(2, route="/b")
    log = counted(table, requests(9, route="/a"))
    rows, _, found = described(log, counted(table, traced, spans=spans))
    assert rows == {"/a": 9, "/b": 2}
    assert any(note.kind == "left_out" for note in found.notes)
    later = [{**row, "started_at": (SECOND + 9999) * 10**9} for row in traced]
    rows, _, found = described(log, counted(table, later, spans=spans))
    assert rows == {"/a": 14, "/b": 2}
    assert not found.notes


def test_sent_requests_are_told_by_peer_where_others_were_served(table):
    sent = requests(5, path="/pay", kind="client", peer="bank")
    rows, beside, _ = described(counted(table, requests(2, route="/a") + sent))
    assert rows == {"/a": 2}
    assert beside.part.tallies["peer"].sums["requests"].max() == 5
    rows, beside, _ = described(counted(table, sent))
    assert (rows, beside) == ({"/pay": 5}, None)


def test_what_is_too_much_is_one_route(table, monkeypatch):
    monkeypatch.setattr(scanned_requests, "MOST_PATHS", 40)
    names = [f"/w{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}" for n in range(80)]
    pieces = [
        counted(table, [row for n in names[at::8] for row in requests(1, route=n)])
        for at in range(8)
    ]
    rows, _, _ = described(*pieces)
    assert sum(rows.values()) == 80
    assert rows[scanned_requests.OTHERS] == 60


def test_nothing_is_an_answer(table):
    rows, sent, _ = described()
    assert (rows, sent) == ({}, None)
    rows, sent, _ = described(counted(table, []))
    assert (rows, sent) == ({}, None)


CODE = """
import sys
import perfkit
from perfkit.ingest import crew
crew.CHUNK_BYTES, crew.cores = 4 << 20, lambda: 1  # the same pieces, all of them here
result = perfkit.scan(sys.argv[1]).baseline()
assert result.totals["requests"] == int(sys.argv[2]), result.totals
peak = next(line for line in open("/proc/self/status") if "VmHWM" in line)
print(int(peak.split()[1]) // 1024)
"""


def test_the_peak_does_not_grow_with_the_input(tmp_path):
    rng = np.random.default_rng(8)
    block = "".join(line(n, rng, f"/a/{n * 7919 % 100_003}/b") + "\n" for n in range(20_000))
    peaks = []
    for times in (3, 12):
        file = tmp_path / f"{times}.jsonl"
        file.write_text(block * times)
        done = subprocess.run(
            [sys.executable, "-c", CODE, str(file), str(times * 20_000)],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 40
