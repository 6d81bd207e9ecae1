r"""What Prometheus answers to a query (``/api/v1/query_range``, ``/api/v1/query``), as JSON.

``{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {labels},
"values": [[1795297058, "0.5"], ...]}]}}``, or ``"value": [time, "0.5"]`` of an instant
(``vector``). Thanos, Mimir and VictoriaMetrics answer alike. A record is a series; its own bytes
are its labels. Several answers may stand one behind the other.

Values that are NaN or infinite (a division by zero) have no row. Native histograms
(``histograms``) are no readings: a series of nothing else is rejected, as is a scalar. Counters
stay counters.

Checked: https://prometheus.io/docs/prometheus/latest/querying/api, answers of Prometheus 2.42.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec

from perfkit.formats.json_elements import Array
from perfkit.formats.metrics.answers import RESULT, as_one_answer
from perfkit.formats.metrics.readings import Account, Quantity, number
from perfkit.formats.metrics.series import NAMELESS, series
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.recording import Note

__all__ = ["FORMAT"]

_ANSWER = re.compile(rb'\A\s*\{(?:(?!"metric").){0,2000}?"resultType"\s*:\s*"(\w+)"', re.DOTALL)
_ERROR = re.compile(rb'\A\s*\{\s*"status"\s*:\s*"error"[^{}]*"errorType"\s*:')
_KINDS = {b"matrix", b"vector", b"scalar"}
_SAMPLE = 2
_LATEST = 9e9  # seconds since 1970: what 64-bit nanoseconds hold
HISTOGRAMS = "a native histogram: query histogram_quantile() of it"
SCALAR = "a scalar has no series: query vector()"
NOT_NUMBERS = Note(
    kind="not_a_number",
    message="values that are NaN or infinite, such as those of a division by zero, have no row",
)
NOTHING = "the query found no series: look at its names and its time range"


class _Series(msgspec.Struct, gc=False):
    metric: msgspec.Raw
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None
    histograms: msgspec.Raw = msgspec.Raw(b"")
    histogram: msgspec.Raw = msgspec.Raw(b"")


def _looks(element: Any) -> bool:
    return "metric" in element and bool(
        {"value", "values", "histogram", "histograms"} & element.keys()
    )


_ARRAY = Array(RESULT, _Series, _looks)
_labels = msgspec.json.Decoder(dict[str, str]).decode


def recognises(head: bytes) -> Recognition:
    """Recognise an answer: its kind of result, or its error."""
    found = _ANSWER.match(head)
    sure = found is not None and found[1] in _KINDS and b'"status"' in head[:4000]
    return Recognition(
        confidence=0.97 if sure or _ERROR.match(head) else 0.0, reason="an answer of Prometheus"
    )


def cut(data: bytes) -> int:
    """Return the offset behind the last series (``Format.cut``)."""
    return _ARRAY.cut(data)


def parse(chunk: Chunk) -> Parsed:
    """Parse series, each a record."""
    refused = _refused(chunk)
    if refused:
        bad = BadLine.of(1, refused, chunk.data)
        return Parsed(rejected=(bad,), rejected_lines=1, lines=1, missing=refused)
    data = as_one_answer(chunk.data, first=chunk.first)
    found = _ARRAY.read(replace(chunk, data=data))
    account = Account(lines=found.count, rejected=list(found.rejected))
    notes = list(found.notes)
    for line, item in zip(found.lines, found.items, strict=True):
        _take(account, notes, line, item)
    reasons = [bad.reason for bad in account.rejected]
    return account.parsed(notes, reasons[0] if reasons else NOTHING)


def _refused(chunk: Chunk) -> str:
    """Say why there is no series at all in an input."""
    if not chunk.first:
        return ""
    if _ERROR.match(chunk.data):
        return "Prometheus refused the query"
    found = _ANSWER.match(chunk.data)
    return SCALAR if found and found[1] == b"scalar" else ""


def _take(account: Account, notes: list[Note], line: int, item: _Series) -> None:
    raw = bytes(item.metric)
    try:
        labels = _labels(raw)
    except msgspec.DecodeError:
        account.reject(line, "its labels are no texts", raw)
        return
    told = series(labels)
    samples = [*item.values, *([item.value] if item.value else [])]
    known = [(at, value) for at, text in samples if (value := number(text)) is not None]
    usable = [(_ns(at), value) for at, value in known if abs(at) < _LATEST]
    if not usable:
        histogram = bytes(item.histograms) + bytes(item.histogram)
        reason = HISTOGRAMS if histogram and not samples else "no value in it is a number"
        account.reject(line, reason, raw)
        return
    for at, value in usable:
        account.take(line, raw, at, told.host, [Quantity(told.name, value, told.unit)])
    notes += [NOT_NUMBERS] * (len(usable) < len(samples)) + [NAMELESS] * (not told.named)


def _ns(seconds: float) -> int:
    """Return ns since 1970; Prometheus keeps milliseconds."""
    return round(seconds * 1000) * 1_000_000


FORMAT = Format(
    name="prometheus-json",
    title="Prometheus query result (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
