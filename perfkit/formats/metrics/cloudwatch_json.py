"""``aws cloudwatch get-metric-statistics`` and ``get-metric-data``, as JSON.

* ``{"Label": "CPUUtilization", "Datapoints": [{"Timestamp", "Average", "Maximum", "Unit"}]}``: in
  no order; a record is a data point, with a row for each statistic.
* ``{"MetricDataResults": [{"Id", "Label", "Timestamps": [...], "Values": [...]}]}``: a record is a
  series. Neither statistic nor unit is told: the average is taken for granted unless the label
  says otherwise.

Answers may stand one behind the other (pages, several metrics).

Checked: GetMetricStatistics and GetMetricData of the CloudWatch API reference, AWS CLI reference.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from perfkit.formats.metrics.cloudwatch_names import meaning
from perfkit.formats.metrics.documents import documents
from perfkit.formats.metrics.readings import Account, Quantity, number
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMAT"]

_STATISTICS = re.compile(
    rb'\A\s*\{(?=.*"Label"\s*:\s*")(?:\s*"Label"\s*:\s*"[^"]*"\s*,)?\s*"Datapoints"\s*:\s*\[',
    re.DOTALL,
)
_DATA = re.compile(
    rb'\A\s*\{\s*(?:"Messages"\s*:\s*\[\s*\]\s*,\s*)?"MetricDataResults"\s*:\s*\[', re.DOTALL
)
_NEXT = re.compile(r'\{\s*"(?:Label|Datapoints|MetricDataResults|Messages)"\s*:')
_NAMES = ("Average", "Maximum", "Minimum", "Sum", "SampleCount")
BROKEN = "it is not JSON, or cut off"
STRANGE = "it is no answer of CloudWatch"
MISSING = "the answer has no data points: look at the time range, the period and the dimensions"

_Row = tuple[int, bytes, Any, str | None, list[Quantity]]


def recognises(head: bytes) -> Recognition:
    """Recognise the keys of either answer."""
    sure = _STATISTICS.match(head) or _DATA.match(head)
    return Recognition(confidence=0.97 if sure else 0.0, reason="an answer of CloudWatch")


def cut(data: bytes) -> int:  # noqa: ARG001 - a document cannot be divided (``Format.cut``)
    """Return 0: a document is read as a whole."""
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse answers."""
    data, notes = to_utf8(chunk.data)
    account = Account()
    rows = [row for answer in _answers(account, data.decode()) for row in _rows(account, answer)]
    times = read_times([row[2] for row in rows], chunk.zone)
    for row, at in zip(rows, times.array.cast("int64").to_pylist(), strict=True):
        line, raw, _, host, told = row
        account.take(line, raw, at, host, told)
    return account.parsed([*notes, *[zone_note(chunk.zone)] * times.naive], MISSING)


def _answers(account: Account, text: str) -> Iterator[Any]:
    for document, whole in documents(text, _NEXT):
        if whole:
            yield json.loads(document)
        else:
            account.lines += 1
            account.reject(account.lines, BROKEN, document[:1000].encode())


def _rows(account: Account, answer: Any) -> Iterator[_Row]:
    results = answer.get("MetricDataResults") if isinstance(answer, dict) else None
    points = answer.get("Datapoints") if isinstance(answer, dict) else None
    if isinstance(points, list):
        label = str(answer.get("Label") or "")
        yield from (row for point in points for row in _of_point(account, label, point))
    elif isinstance(results, list):
        yield from (row for result in results for row in _of_series(account, result))
    else:
        account.lines += 1
        account.reject(account.lines, STRANGE, _bytes(answer))


def _of_point(account: Account, label: str, point: Any) -> Iterator[_Row]:
    account.lines += 1
    told = list(_statistics(label, point)) if isinstance(point, dict) else []
    if not told:
        account.reject(account.lines, "a data point without a number", _bytes(point))
        return
    at, host = point.get("Timestamp"), meaning(label).host
    yield account.lines, _bytes(point), at, host, told


def _statistics(label: str, point: dict[str, Any]) -> Iterator[Quantity]:
    unit = str(point.get("Unit") or "")
    extended = point.get("ExtendedStatistics")
    values = {**point, **(extended if isinstance(extended, dict) else {})}
    for name, told in values.items():
        value = _number(told)
        if value is not None and (name in _NAMES or name[:1] in {"p", "t"}):
            plain = "" if name == "SampleCount" else unit
            yield meaning(label, name, plain).quantity(value)


def _of_series(account: Account, result: Any) -> Iterator[_Row]:
    account.lines += 1
    line, known = account.lines, result if isinstance(result, dict) else {}
    times, values = known.get("Timestamps"), known.get("Values")
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        account.reject(line, "a series without as many times as values", _bytes(result))
        return
    what = meaning(str(known.get("Label") or known.get("Id") or ""))
    raw = _bytes({key: value for key, value in known.items() if key not in _SERIES})
    numbers = [
        (at, value)
        for at, told in zip(times, values, strict=True)
        if (value := _number(told)) is not None
    ]
    account.irrelevant += not numbers
    yield from ((line, raw, at, what.host, [what.quantity(value)]) for at, value in numbers)


_SERIES = {"Timestamps", "Values"}


def _number(told: Any) -> float | None:
    plain = isinstance(told, int | float) and not isinstance(told, bool)
    return number(str(told)) if plain else None


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


FORMAT = Format(
    name="cloudwatch-metrics-json",
    title="CloudWatch metrics (JSON)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
