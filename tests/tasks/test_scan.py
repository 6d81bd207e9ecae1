"""scan() says what load() and digest() say, without keeping rows."""

import gzip
import io
import json
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import perfkit
from perfkit.errors import EmptyInput, InputError, UnknownFormat, UsageError
from perfkit.ingest import crew

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
SHARED = ROOT.parent / "shared" / "data" / "logs"
WRAPPED = ROOT / "tests" / "ingest" / "envelopes" / "data"
REAL = [
    SAMPLE / "shop_launch" / "postgresql.log.gz",
    SAMPLE / "shop_launch" / "traces.jsonl.gz",
    *(SHARED / f"pg15_start.{end}.gz" for end in ("log", "csv", "json")),
    *(SHARED / f"{name}.log.gz" for name in ("mariadb_slow_start", "ae_text", "ae_json")),
    ROOT / "tests" / "formats" / "logs" / "data" / "redis_slowlog.csv",
    ROOT / "tests" / "formats" / "statements" / "data" / "pg15.csv",
    ROOT / "tests" / "formats" / "orm" / "data" / "rails_tagged.log",
    *(WRAPPED / f"{name}.log.gz" for name in ("journald_json", "journald_short", "rsyslog_5424")),
]
ROUGH = {f"{name}{end}_ms" for name in ("p50", "p95", "p99") for end in ("", "_low", "_high")}
#: Depends on where the input is cut: the most that ran at once within one piece.
CUT = {"running_max"}
MONGO = {
    "t": {"$date": "2026-11-21T02:00:00.000+00:00"},
    "s": "I",
    "c": "COMMAND",
    "id": 51803,
    "ctx": "conn7",
    "msg": "Slow query",
    "attr": {
        "type": "command",
        "ns": "shop.orders",
        "command": {"find": "orders", "filter": {"user": 7}, "$db": "shop"},
        "planSummary": "COLLSCAN",
        "docsExamined": 1000,
        "nreturned": 5,
        "durationMillis": 120,
    },
}
LINE = (
    "2026-11-21 02:{:02}:{:02}.000 UTC [{}] {}@{}/app LOG:  duration: {}.000 ms"
    "  statement: select a from t{} where b = {}\n"
)


def postgres(rows, start=0):
    return "".join(
        LINE.format(
            *(n // 60 % 60, n % 60, n % 7, "ann" if n % 3 else "bob", "crm" if n % 5 else "shop"),
            *(1 + n * n % 991, "x" * (n % 4), n),
        )
        for n in range(start, start + rows)
    ).encode()


def alike(one, other, rel=1e-9):
    if isinstance(one, float) and isinstance(other, float):
        close = math.isclose(one, other, rel_tol=rel, abs_tol=1e-9)
        return close or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            alike(value, other[key]) for key, value in one.items() if key not in CUT
        )
    return one == other


def assert_same(exact, scanned):
    """Rows, totals, findings, sections and series agree; percentiles within one per cent."""
    rows, others = exact.arrow.to_pylist(), scanned.arrow.to_pylist()
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        for name, value in row.items():
            assert alike(value, other[name], 0.01001 if name in ROUGH else 1e-9), (name, row)
    assert alike(dict(exact.totals), dict(scanned.totals))
    assert [(f.rule, f.severity, f.keys) for f in exact.findings] == [
        (f.rule, f.severity, f.keys) for f in scanned.findings
    ]
    assert list(exact.sections) == list(scanned.sections)
    for name, table in {**exact.sections, **exact.series}.items():
        other = scanned.sections[name] if name in exact.sections else scanned.series[name]
        assert alike(table.to_pylist(), other.to_pylist()), name


@pytest.fixture
def small_pieces(monkeypatch):
    """Cut everything into pieces of 3 kB, so that records of all kinds cross the cuts."""
    monkeypatch.setattr(crew, "_SMALLEST_PIECE", 3000)
    monkeypatch.setattr(crew, "CHUNK_BYTES", 3000)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "pg.log"
    path.write_bytes(postgres(800))
    return path


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_logs_have_the_digest_of_their_rows(path):
    if not path.exists():
        pytest.skip(f"the real file {path.name} is not beside the project")
    assert_same(perfkit.digest(perfkit.load(path)), perfkit.scan(path).digest())


@pytest.mark.parametrize("name", ["pg15_start.log.gz", "pg15_start.csv.gz", "ae_json.log.gz"])
def test_records_that_cross_pieces_are_counted_once(name, small_pieces, monkeypatch):
    if not (SHARED / name).exists():
        pytest.skip(f"the real file {name} is not beside the project")
    scanned = perfkit.scan(SHARED / name).digest()
    monkeypatch.undo()
    whole = perfkit.digest(perfkit.load(SHARED / name))
    assert whole.totals["calls"] > 100
    assert alike(dict(whole.totals), dict(scanned.totals))
    calls = [
        {row["fingerprint_id"]: (row["calls"], row["last_seen"]) for row in one.arrow.to_pylist()}
        for one in (whole, scanned)
    ]
    assert calls[0] == calls[1]  # the order of equal totals hangs on their last digit


def test_mongodb_and_mysql_are_scanned_as_they_are_loaded(tmp_path, small_pieces):
    mongo, mysql = tmp_path / "mongod.log", tmp_path / "slow.log"
    rows = []
    for n in range(90):
        attr = MONGO["attr"] | {"durationMillis": 100 + n}
        at = {"$date": f"2026-11-21T02:00:{n % 60:02}.000+00:00"}
        rows.append(json.dumps(MONGO | {"t": at, "attr": attr}))
    mongo.write_text("\n".join(rows) + "\n")
    mysql.write_text(
        "use shop;\n"
        + "".join(
            f"# Time: 2026-11-21T02:{n:02}:00.000000Z\n# User@Host: app[app] @ host []  Id: 5\n"
            f"# Query_time: 0.{n:03}000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: {n}\n"
            f"SET timestamp={1795226400 + n * 60};\nselect a from t where b = {n};\n"
            for n in range(1, 59)
        )
    )
    for path, calls in ((mongo, 90), (mysql, 58)):
        exact = perfkit.digest(perfkit.load(path))
        assert exact.totals["calls"] == calls
        assert_same(exact, perfkit.scan(path).digest())


@pytest.mark.parametrize(
    "by",
    [
        *("user", "database,user", ["application"], "client", "session_id", "hour", "minute"),
        *("phase", "system", "source", "duration_kind", "error", "rows_returned"),
        "fingerprint,user",
    ],
)
def test_rows_are_grouped_as_asked(log, by, small_pieces):
    second = log.with_name("other.log")
    second.write_bytes(postgres(100, start=900))
    exact = perfkit.digest(perfkit.load(log, second), group_by=by)
    assert_same(exact, perfkit.scan(log, second).digest(group_by=by))


@pytest.mark.parametrize(
    "said",
    [
        {"since": "2026-11-21 02:05:00"},
        {"until": "2026-11-21T02:05:00Z"},
        {"since": "2026-11-21 03:05:00", "until": "2026-11-21 03:08:00", "tz": "Europe/Berlin"},
        {"database": "crm"},
        {"user": "ann", "database": "shop"},
        {"application": "nobody"},
        {"min_duration_ms": 500},
    ],
)
def test_filters_choose_the_rows_that_load_keeps(log, said):
    exact = perfkit.digest(perfkit.load(log, **said))
    assert exact.totals["calls"] < 800
    assert_same(exact, perfkit.scan(log, **said).digest())
    assert any("were left out" in caveat for caveat in exact.caveats)


def test_times_of_an_envelope_are_filtered_and_counted():
    path = WRAPPED / "journald_json.log.gz"
    times = perfkit.load(path).arrow("queries")["started_at"].to_pylist()
    middle = sorted(times)[len(times) // 2].isoformat()
    exact = perfkit.digest(perfkit.load(path, since=middle))
    assert 0 < exact.totals["calls"] < len(times)
    scanned = perfkit.scan(path, since=middle).digest()
    assert_same(exact, scanned)
    assert sorted(exact.caveats) == sorted(c for c in scanned.caveats if "Percentiles" not in c)


def test_rotated_and_packed_files_are_one_stream(tmp_path, small_pieces):
    data = postgres(400)
    at = data.index(b"select a", len(data) // 2)  # in the middle of a record
    (tmp_path / "pg.log.1.gz").write_bytes(gzip.compress(data[:at]))
    (tmp_path / "pg.log").write_bytes(data[at:])
    (tmp_path / "notes.txt").write_text("to be or not to be\n")
    scanned = perfkit.scan(tmp_path).digest()
    assert scanned.totals["calls"] == 400
    assert_same(perfkit.digest(perfkit.load(tmp_path)), scanned)


def test_a_stream_a_recording_and_totals_are_scanned(tmp_path, log):
    exact = perfkit.digest(perfkit.load(log))
    perfkit.load(log).save(tmp_path / "x.perfkit")
    for given in (io.BytesIO(log.read_bytes()), tmp_path / "x.perfkit"):
        assert_same(exact, perfkit.scan(given).digest())
    totals = ROOT / "tests" / "formats" / "statements" / "data" / "pg15.csv"
    both = perfkit.scan(log, totals).digest()
    assert both.totals["calls"] == 800
    assert sorted(perfkit.digest(perfkit.load(log, totals)).caveats) == sorted(
        caveat for caveat in both.caveats if "Percentiles" not in caveat
    )


def test_examples_name_the_input_and_line_that_they_are_of(tmp_path, small_pieces):
    for number, name in enumerate("cab"):
        (tmp_path / f"{name}.log").write_bytes(postgres(100, start=number * 300))
    paths = [tmp_path / f"{name}.log" for name in "cab"]
    rows = perfkit.scan(*paths).digest().series["examples"].to_pylist()
    assert len({row["source"] for row in rows}) > 1
    for row in rows:
        text = paths[row["source"]].read_text().splitlines()[row["line"] - 1]
        assert text.endswith(row["statement"])


def test_the_answer_says_that_percentiles_are_of_a_sketch(log):
    caveats = perfkit.scan(log).digest().caveats
    assert any("Percentiles and the ends of their intervals" in caveat for caveat in caveats)
    assert not any("within 1 %" in caveat for caveat in perfkit.digest(perfkit.load(log)).caveats)


def test_whoever_does_the_work_the_digest_is_the_same(log, small_pieces, monkeypatch):
    alone = perfkit.scan(log).digest()
    with ThreadPoolExecutor(2) as executor:
        assert_same(alone, perfkit.scan(log, executor=executor).digest())
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert_same(alone, perfkit.scan(log, executor=executor).digest())
        path = WRAPPED / "journald_json.log.gz"
        assert_same(perfkit.scan(path).digest(), perfkit.scan(path, executor=executor).digest())
    monkeypatch.setattr(crew, "LARGE_BYTES", 1000)
    monkeypatch.setattr(crew, "cores", lambda: 2)
    assert_same(alone, perfkit.scan(log).digest())


def test_dask_gives_the_same_digest(log, small_pieces):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = perfkit.scan(log, executor=client).digest()
    assert_same(perfkit.scan(log).digest(), found)


def test_mistakes_are_a_sentence_and_a_hint(tmp_path, log):
    (tmp_path / "prose.txt").write_text("to be or not to be\n" * 9)
    (tmp_path / "empty.log").write_bytes(b"")
    (tmp_path / "quiet.log").write_text(
        "2026-11-21 02:00:00.000 UTC [1] LOG:  listening on port 5432\n" * 5
    )
    for name, kind, message in (
        ("pq.log", InputError, "there is no such file"),
        ("prose.txt", UnknownFormat, "none of the formats"),
        ("empty.log", EmptyInput, "is empty"),
        ("quiet.log", EmptyInput, "none of its 5 lines"),
    ):
        with pytest.raises(kind, match=message) as caught:
            perfkit.scan(tmp_path / name).digest()
        assert caught.value.hint
        assert "\n" not in caught.value.message + caught.value.hint
    with pytest.raises(UsageError, match="no column 'databse'") as caught:
        perfkit.scan(tmp_path / "missing.log").digest("databse")  # said before anything is read
    assert "'database'" in caught.value.hint
    with pytest.raises(UsageError, match="time '14:02' has no day"):
        perfkit.scan(log, since="14:02")
    with pytest.raises(UsageError, match="is not a time"):
        perfkit.scan(log, until="yesterday")
    with pytest.raises(UsageError, match=r"executor= has no submit\(\)"):
        perfkit.scan(log, executor=5).digest()
