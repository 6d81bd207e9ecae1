"""k6 ``--out json``: one JSON object a line, either a metric's definition or one of its points.

``{"metric":"http_req_duration","type":"Point","data":{"time","value","tags":{...}}}``; before
v0.41 ``metric`` came last. Eight of nine points tell nothing that is kept: their metric is read
from the bytes, without decoding the line.

Checked: output/json/wrapper.go and json.go of grafana/k6, both orders of keys.
"""

from __future__ import annotations

import msgspec

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.load_tests.k6_points import COUNTED, DURATION, Facts, Points, facts
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept

__all__ = ["FORMAT"]

_NEW, _POINT = b'{"metric":"', b'","type":"Point"'
_OLD, _OLD_METRIC, _OLD_END = b'{"type":"Point"', b',"metric":"', b'"}'
_KEPT = frozenset({DURATION.encode(), *(name.encode() for name in COUNTED)})
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NONE = msgspec.Raw(b"null")
#: Of distinct tags so many are remembered.
_MOST_TAGS = 1 << 16


class _Data(msgspec.Struct, gc=False):
    time: str = ""
    value: float | None = None
    tags: msgspec.Raw = _NONE
    metadata: msgspec.Raw = _NONE


class _Line(msgspec.Struct, gc=False):
    metric: str
    type: str
    data: _Data


class _Metric(msgspec.Struct, gc=False):
    metric: str
    type: str
    data: msgspec.Raw


_line = msgspec.json.Decoder(_Line).decode
_metric = msgspec.json.Decoder(_Metric).decode
_tags = msgspec.json.Decoder(dict[str, str | int | float | bool | None] | None).decode


def recognises(head: bytes) -> Recognition:
    """Recognise lines that are metrics of k6 or their points."""
    first = head[: head.rfind(b"\n") + 1] or head
    lines = [line for line in first.split(b"\n") if line.strip()]
    found = sum(map(_is_own, lines))
    sure = found > 0 and found * 2 > len(lines)
    return Recognition(
        confidence=0.98 if sure else 0.0, reason=f"{found:,} lines are metrics and points of k6"
    )


def _is_own(line: bytes) -> bool:
    if b'"metric"' not in line:
        return False
    try:
        return _metric(line).type in {"Point", "Metric"}
    except _BROKEN:
        return False


def parse(chunk: Chunk) -> Parsed:
    """Parse lines, each a record of its own."""
    reader, rejected, irrelevant = _Reader(), list[BadLine](), 0
    lines = chunk.data.split(b"\n")[: count_lines(chunk.data)]
    for number, line in enumerate(lines, start=1):
        name = _name(line)
        if name and name not in _KEPT:
            irrelevant += 1
            continue
        why = reader.take(number, line) if line.strip() else ""
        if why:
            rejected.append(BadLine.of(number, why, line))
        elif why is not None:
            irrelevant += 1
    contents, notes = reader.points.tables(chunk.zone)
    return Parsed(
        tables=contents,
        rejected=kept(rejected),
        rejected_lines=len(rejected),
        irrelevant=irrelevant,
        lines=len(lines),
        notes=tuple(notes),
        missing="run a script with HTTP requests: k6 run --out json=result.json script.js",
    )


def _name(line: bytes) -> bytes:
    """Return the metric of a point that is a whole line as k6 writes it, b"" of all else."""
    if line.startswith(_NEW) and line.endswith(b"}}"):
        end = line.find(b'"', len(_NEW))
        return line[len(_NEW) : end] if line.startswith(_POINT, end) else b""
    if line.startswith(_OLD) and line.endswith(_OLD_END):
        begin = line.rfind(_OLD_METRIC)
        return line[begin + len(_OLD_METRIC) : -len(_OLD_END)] if begin > 0 else b""
    return b""


class _Reader:
    """Decodes points that are kept; tags that are alike once."""

    def __init__(self) -> None:
        self.points = Points()
        self._facts: dict[bytes, Facts] = {}

    def take(self, number: int, raw: bytes) -> str | None:
        """Take one line; return why it cannot be used, "" when it is irrelevant, else None."""
        try:
            return self._taken(number, raw)
        except msgspec.ValidationError:
            return "it is no metric or point of k6"
        except _BROKEN:
            return "it is not JSON, or cut off"

    def _taken(self, number: int, raw: bytes) -> str | None:
        if b'"Point"' not in raw or (said := _line(raw)).type != "Point":
            _metric(raw)
            return ""
        data = said.data
        if data.value is None or (said.metric != DURATION and said.metric not in COUNTED):
            return ""
        if said.metric == DURATION:
            about, trace = self._about(bytes(data.tags)), self._trace(bytes(data.metadata))
            self.points.request(number, raw, data.time, data.value, about, trace)
        else:
            self.points.reading(number, raw, data.time, said.metric, data.value)
        return None

    def _about(self, tags: bytes) -> Facts:
        found = self._facts.get(tags)
        if found is None:
            if len(self._facts) >= _MOST_TAGS:
                self._facts.clear()
            said = _tags(tags) or {}
            found = facts({key: _text(value) for key, value in said.items()})
            self._facts[tags] = found
        return found

    def _trace(self, metadata: bytes) -> str | None:
        if metadata == b"null":
            return None
        return _text((_tags(metadata) or {}).get("trace_id")) or None


def _text(value: str | float | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)


FORMAT = Format(
    name="k6-json",
    title="k6 points (JSON lines)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
