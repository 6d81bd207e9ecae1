"""Results that every view has to show, among them one that attacks its readers."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from perfkit.analyses.baseline import baseline
from perfkit.analyses.breakdown import breakdown
from perfkit.analyses.compare import compare
from perfkit.analyses.critical_path import critical_path
from perfkit.analyses.digest import digest
from perfkit.analyses.event_loop import event_loop
from perfkit.analyses.external_calls import external_calls
from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.analyses.parallelism import parallelism
from perfkit.analyses.slo import slo
from perfkit.analyses.tail import tail
from perfkit.recording import Recording
from perfkit.tables import with_column

START = datetime(2026, 1, 1, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\x1b[31m\u202e</pre><img src=x onerror=y>\n\"'&\x00"
ANALYSES = {
    "digest": digest,
    "baseline": baseline,
    "n_plus_one": n_plus_one,
    "event_loop": event_loop,
    "breakdown": breakdown,
    "critical_path": critical_path,
    "external_calls": external_calls,
    "parallelism": parallelism,
    "tail": tail,
    "slo": lambda rec: slo(rec, "p95<30ms"),
    "compare": lambda rec: compare(rec, slowed(rec)),
}
#: What refuses to answer without any row.
NEEDS_ROWS = {"compare"}
TRACED = {"breakdown", "critical_path", "external_calls", "parallelism", "tail"}


def slowed(rec):
    """Return the recording with requests that take twice as long."""
    requests = rec.arrow("requests")
    twice = pc.multiply(requests["duration_ms"], 2.0)
    return Recording.from_frames(requests=with_column(requests, "duration_ms", twice))


def recording(count, text="", *, kinds=40, scale=1.0):
    """Return a recording with `count` rows per table, `text` in every text of it."""
    line = text.replace("\n", "").replace('"', "")  # a stack is read line by line
    rng = np.random.default_rng(3)
    times = [START + timedelta(milliseconds=10 * i) for i in range(count)]
    duration = scale * rng.lognormal(3, 1, count)
    numbers = np.arange(count)
    queries = {
        "statement": [f'select a from "t{n % kinds}{text}" where b = {n}' for n in numbers],
        "duration_ms": duration,
    }
    requests = {
        "route": [f"/r{n % kinds}{text}" for n in numbers],
        "path": ["/" + text] * count,
        "method": ["GET" + text] * count,
        "duration_ms": duration,
        "status": np.where(numbers % 20 == 0, 500, 200),
        "started_at": times,
    }
    events = {
        "at": times,
        "kind": ["blocked_loop"] * count,
        "duration_ms": duration,
        "message": [f'File "/srv/{line}{n % 9}.py", line 3, in slow' for n in numbers],
    }
    called = f'select 7 from "x{text}" where a = 1'
    spans = {
        "trace_id": [f"t{n // 100}" for n in numbers],
        "span_id": [f"s{n}{text}" for n in numbers],
        "parent_id": [None if n % 100 == 0 else f"s{n // 100 * 100}{text}" for n in numbers],
        "kind": ["server" if n % 100 == 0 else "client" for n in numbers],
        "name": [f"GET {text}"] * count,
        "route": ["/orders" + text if n % 100 == 0 else None for n in numbers],
        "statement": [called if n % 100 else None for n in numbers],
        "started_at": times,
        "duration_ms": np.where(numbers % 100 == 0, 1000.0, 5.0),
    }
    tables = {"queries": queries, "requests": requests, "events": events, "spans": spans}
    return Recording.from_frames(**{name: pa.table(columns) for name, columns in tables.items()})


def traces(count, text=""):
    """Return `count` requests that call three peers in turn; one in eight runs a slow statement."""
    page, tenant, stays = f"/page{text}", f"gold{text}", {"kind": "client", "service": "shop"}
    called = f'select 7 from "x{text}" where a = '
    rows = []
    for n in range(count):
        slow, at = n % 8 == 0, START + timedelta(seconds=2 * n)
        trace, top = {"trace_id": f"t{n}"}, f"s{n}{text}"
        serves = {"kind": "server", "route": page, "name": f"GET {page}", "service": "shop"}
        told = json.dumps({"tenant": tenant if slow else "none", "request.key": f"k-{n}"})
        lasts = 135.0 + n % 7 + 400.0 * slow
        rows.append(trace | serves | {"span_id": top, "started_at": at, "duration_ms": lasts})
        rows[-1] |= {"category": "app", "attributes": told.encode()}
        begins = 1.0
        for place, ms in enumerate((30.0, 40.0, 50.0, *([400.0] if slow else []))):
            peer = f"peer{place}{text}"
            what = {"url": f"http://peer{place}/items", "category": "http", "name": f"GET {peer}"}
            if ms > 100:
                what = {"statement": f"{called}{n}", "category": "db", "name": f"SELECT {text}"}
            one = {"span_id": f"{top}.{place}", "parent_id": top, "duration_ms": ms, "peer": peer}
            began = {"started_at": at + timedelta(milliseconds=begins)}
            rows.append(trace | stays | one | what | began)
            begins += ms + 0.4
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Recording.from_frames(spans=pa.table(columns))


@pytest.fixture(scope="session")
def evil_recording():
    return recording(400, EVIL, kinds=4, scale=20.0)


@pytest.fixture(scope="session")
def large_recording():
    return recording(100_000)


@pytest.fixture(scope="session")
def evil_traces():
    return traces(400, EVIL)


@pytest.fixture(scope="session")
def large_traces():
    return traces(20_000)


@pytest.fixture(scope="session")
def evil_results(evil_recording, evil_traces):
    return {
        name: analysis(evil_traces if name in TRACED else evil_recording)
        for name, analysis in ANALYSES.items()
    }


@pytest.fixture(scope="session")
def large_results(large_recording, large_traces):
    return {
        name: analysis(large_traces if name in TRACED else large_recording)
        for name, analysis in ANALYSES.items()
    }


@pytest.fixture(params=ANALYSES)
def evil_result(request, evil_results):
    return evil_results[request.param]


@pytest.fixture(params=ANALYSES)
def large_result(request, large_results):
    return large_results[request.param]


@pytest.fixture(params=[name for name in ANALYSES if name not in NEEDS_ROWS])
def empty_result(request):
    return ANALYSES[request.param](Recording())
