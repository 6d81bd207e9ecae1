"""k6's summary of a whole test, in any of its three shapes, one JSON document.

* ``--summary-export``: ``{"metrics": {"http_req_duration": {"avg", "p(90)", ...}}, "root_group"}``
* what ``handleSummary(data)`` is given: ``{"metrics": {name: {"type", "contains", "values"}},
  "state": {"testRunDurationMs"}, "root_group", "options"}``
* the machine-readable one of later versions: ``{"version", "config": {"duration" in s},
  "metadata": {"k6Version", "generatedAt"}, "results": {"metrics": [{"name", "values"}]}}``

Durations are in ms whatever ``summaryTimeUnit`` says: that is for the printed text. Of
``http_req_failed``, a rate of failures, ``passes`` are the failures. A row is the whole test
(``name`` unknown), or a submetric that a threshold asked for, ``http_req_duration{group:::login}``:
these are parts, and may overlap.

Checked: internal/js/summary.go, summary-wrapper.js and internal/lib/summary of grafana/k6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.load_tests.k6_points import CLOSED_OR_OPEN, DROPPED
from perfkit.formats.load_tests.summary_rows import SummaryRow, integer, load_tests, number
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.times import read_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FORMAT"]

_BUILT_IN = re.compile(
    rb'"(http_reqs|http_req_[a-z_]+|iterations|iteration_duration|vus|vus_max|data_sent'
    rb'|data_received|checks|checks_total)"\s*(?::\s*\{|[,}])'
)
#: So many of k6's own metrics are in the beginning of any of its summaries.
_ENOUGH = 3
_SHAPE = re.compile(rb'\A\s*\{.*"(?:metrics|root_group|results)"\s*:', re.DOTALL)
_GROUP = re.compile(rb'\A\s*\{\s*"root_group"\s*:\s*\{.*"(?:groups|checks)"\s*:', re.DOTALL)
#: A trend of requests -> the counter and the rate of failures that belong to it.
_TRENDS = {
    "http_req_duration": ("http_reqs", "http_req_failed"),
    "browser_http_req_duration": ("", "browser_http_req_failed"),
    "grpc_req_duration": ("", ""),
}
_TREND = re.compile(rf"({'|'.join(_TRENDS)})(\{{.*\}})?", re.DOTALL)


class _Summary(NamedTuple):
    metrics: Mapping[str, Mapping[str, Any]]
    elapsed_ms: float | None
    at: int | None


def recognises(head: bytes) -> Recognition:
    """Recognise one object with metrics that every k6 test has."""
    names = {*_BUILT_IN.findall(head)}
    sure = _SHAPE.match(head) is not None and len(names) >= _ENOUGH and b'"Point"' not in head
    return Recognition(
        confidence=0.97 if sure or _GROUP.match(head) else 0.0, reason="a summary of k6"
    )


def cut(data: bytes) -> int:  # noqa: ARG001 - a document cannot be divided (``Format.cut``)
    """Return 0: a document is read as a whole."""
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse one document, which is one record."""
    if not chunk.data.strip():
        return Parsed()
    try:
        document = msgspec.json.decode(chunk.data.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        bad = BadLine.of(1, "it is not JSON, or cut off", chunk.data)
        return Parsed(rejected=(bad,), rejected_lines=1, lines=1)
    summary = _read(document)
    rows = list(_rows(summary))
    dropped = number(summary.metrics.get("dropped_iterations", {}).get("count"))
    return Parsed(
        tables=load_tests(rows),
        irrelevant=int(not rows),
        lines=1,
        notes=(*[CLOSED_OR_OPEN] * bool(rows), *[DROPPED] * bool(dropped)),
        missing="this summary tells of no requests: load one of a test that sent some",
    )


def _read(document: Any) -> _Summary:
    """Bring the three shapes to one."""
    top = _object(document)
    results, state = _object(top.get("results")), _object(top.get("state"))
    metadata = _object(top.get("metadata"))
    seconds = number(_object(top.get("config")).get("duration"))
    elapsed = number(state.get("testRunDurationMs"))
    written = metadata.get("generatedAt") or metadata.get("generated_at")
    return _Summary(
        dict(_values(results.get("metrics") or top.get("metrics"))),
        seconds * 1000 if seconds is not None else elapsed,
        _moment(written),
    )


def _values(metrics: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each metric's name and values."""
    if isinstance(metrics, list):
        found = [(_object(one).get("name"), one) for one in metrics]
    else:
        found = list(_object(metrics).items())
    for name, said in found:
        inner = _object(said).get("values")
        yield str(name), _object(said if inner is None else inner)


def _rows(summary: _Summary) -> Iterator[SummaryRow]:
    for name, trend in summary.metrics.items():
        found = _TREND.fullmatch(name)
        if found and any(number(value) is not None for value in trend.values()):
            yield _row(summary, trend, found[1], found[2] or "")


def _row(summary: _Summary, trend: Mapping[str, Any], base: str, part: str) -> SummaryRow:
    counter, failed = (summary.metrics.get(f"{name}{part}", {}) for name in _TRENDS[base])
    requests = integer(counter.get("count", trend.get("count")))
    rate = number(counter.get("rate"))
    elapsed = summary.elapsed_ms
    if elapsed is None and requests and rate:  # k6 divides by how long the test ran
        elapsed = 1000 * requests / rate
    if rate is None and requests is not None and elapsed:
        rate = 1000 * requests / elapsed
    failures = integer(failed.get("passes", failed.get("matches")))
    main = base == "http_req_duration"
    stated = trend if number(trend.get("max")) != 0 else {}  # k6 writes 0 where nothing was timed
    return SummaryRow(
        line=1,
        tool="k6",
        name=part.strip("{}") or None if main else f"{base}{part}",
        requests=_requests(failed) if requests is None else requests,
        failures=failures,
        rate_per_s=rate,
        mean_ms=number(stated.get("avg")),
        p50_ms=number(stated.get("med")) if "med" in stated else _percentile(stated, 50),
        p90_ms=_percentile(stated, 90),
        p95_ms=_percentile(stated, 95),
        p99_ms=_percentile(stated, 99),
        max_ms=number(stated.get("max")),
        at=summary.at,
        elapsed_ms=elapsed,
        concurrency=integer(summary.metrics.get("vus", {}).get("max")),
        attributes=msgspec.json.encode({f"{base}{part}": trend}),
    )


def _requests(failed: Mapping[str, Any]) -> int | None:
    """Return how many requests a rate of failures is of."""
    passes, fails = integer(failed.get("passes")), integer(failed.get("fails"))
    if passes is not None and fails is not None:
        return passes + fails
    return integer(failed.get("total"))


def _percentile(trend: Mapping[str, Any], percent: int) -> float | None:
    """Return a percentile where it is stated (``summaryTrendStats`` chooses which are)."""
    names = (f"p({percent})", f"p({percent}.0)", f"p({percent}.00)", f"p{percent}")
    return next((number(trend[name]) for name in names if name in trend), None)


def _moment(text: Any) -> int | None:
    found = read_times([text if isinstance(text, str) else None], None).array
    return found[0].value if found[0].is_valid else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


FORMAT = Format(
    name="k6-summary",
    title="k6 summary (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
