"""Random lines wrapped in each envelope, unwrapped in chunks of random size, are the same lines."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.opened import take_off
from perfkit.ingest.envelopes.registry import envelopes

_PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x1b#"), max_size=40)
_LINES = st.lists(_PLAIN.filter(lambda text: not text.startswith("[")), min_size=1, max_size=12)
_SECOND = 1_700_000_000


def _iso(number: int, digits: int = 9, zone: str = "Z") -> str:
    return f"2026-11-21T11:{number // 60 % 60:02}:{number % 60:02}.{number:0{digits}}{zone}"


def _parts(text: str, sizes: list[int]) -> list[str]:
    cuts = sorted({min(size, len(text)) for size in sizes} - {0, len(text)})
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _docker(lines, sizes):
    out = []
    for number, line in enumerate(lines):
        *parts, last = _parts(line, sizes)
        for part in (*parts, last + "\n"):
            record = {"log": part, "stream": "stdout", "time": _iso(number)}
            if number % 3 == 0:
                record["attrs"] = {"tag": "x"}
            out.append(json.dumps(record, ensure_ascii=number % 2 == 0))
    return "\n".join(out)


def _cri(lines, sizes):
    out = []
    for number, line in enumerate(lines):
        *parts, last = _parts(line, sizes)
        out += [f"{_iso(number)} stdout P {part}" for part in parts]
        out.append(f"{_iso(number, zone='+00:00')} stdout F{':x' * (number % 2)} {last}")
    return "\n".join(out)


def _prefixed(prefix):
    return lambda lines, sizes: "".join(
        f"{prefix.format(n=n, iso=_iso(n), us=_iso(n, 6, '+00:00'))}{line}\n"
        for n, line in enumerate(lines)
    )


def _json_lines(record):
    return lambda lines, sizes: "".join(
        json.dumps(record(n, line)) + "\n" for n, line in enumerate(lines)
    )


def _document(shape, record):
    def wrap(lines, sizes):
        records = [record(n, line) for n, line in enumerate(lines)]
        return json.dumps(shape(records), indent=sizes[0] % 3 or None)

    return wrap


def _export(lines, sizes):
    entries = []
    for number, line in enumerate(lines):
        raw = line.encode()
        size = len(raw).to_bytes(8, "little")
        message = b"MESSAGE\n" + size + raw if sizes[0] % 2 or "\n" in line else b"MESSAGE=" + raw
        cursor = b"__CURSOR=s=1;i=%d\n__REALTIME_TIMESTAMP=%d\n" % (number, _SECOND * 10**6)
        entries.append(cursor + b"SYSLOG_IDENTIFIER=app\n" + message + b"\n")
    return b"\n".join(entries).decode("utf-8", "surrogateescape")


def _csv(header, row):
    def wrap(lines, sizes):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        out.write(header + "\n")
        writer.writerows(row(n, line) for n, line in enumerate(lines))
        return out.getvalue()

    return wrap


_WRAPPERS = {
    "docker-json-file": _docker,
    "cri": _cri,
    "docker-compose": _prefixed("web-1  | {iso} "),
    "kubectl-prefix": _prefixed("[pod/web-1/app] {iso} "),
    "stern": _prefixed("web-6b7f9c5d4-x2x9z app {iso} "),
    "timestamps": _prefixed("{iso} "),
    "syslog": _prefixed("<13>Nov  1 11:00:00 host app[{n}]: "),
    "syslog-5424": _prefixed('<13>1 {us} h1 app {n} id [a@1 b="\\]"] \ufeff'),
    "heroku": _prefixed("{us} app[web.1]: "),
    "journald-json": _json_lines(
        lambda n, line: {
            "__REALTIME_TIMESTAMP": str(_SECOND * 10**6 + n),
            "MESSAGE": list(line.encode()) if n % 2 else line,
            "_PID": "7",
            "SYSLOG_IDENTIFIER": "app",
        }
    ),
    "journald-export": _export,
    "cloudwatch-events": _document(
        lambda found: {"events": found, "nextForwardToken": "f/1"},
        lambda n, line: {"timestamp": _SECOND * 1000 + n, "message": line, "ingestionTime": 1},
    ),
    "cloudwatch-insights": _document(
        lambda found: {"results": found, "status": "Complete"},
        lambda n, line: [
            {"field": "@timestamp", "value": f"2026-11-21 11:00:{n:02}.000"},
            {"field": "@message", "value": line},
        ],
    ),
    "cloudwatch-subscription": _json_lines(
        lambda n, line: {
            "messageType": "DATA_MESSAGE",
            "logGroup": "g",
            "logStream": "s",
            "logEvents": [{"id": "1", "timestamp": _SECOND * 1000 + n, "message": line}],
        }
    ),
    "cloudwatch-tail": _prefixed("{us} 2026/11/21/[$LATEST]0a "),
    "loki-api": _document(
        lambda found: {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [{"stream": {"app": "a"}, "values": found}],
            },
        },
        lambda n, line: [str(_SECOND * 10**9 + n), line],
    ),
    "loki-jsonl": _json_lines(
        lambda n, line: {"labels": {"app": "a"}, "line": line, "timestamp": _iso(n)}
    ),
    "loki-text": _prefixed('2026-11-21T11:00:00Z {{app="a}} \\" b"}} |'),
    "grafana-json": _document(
        lambda found: found,
        lambda n, line: {"line": line, "timestamp": str(_SECOND * 10**9 + n), "fields": {}},
    ),
    "grafana-text": _prefixed("17000000000{n:02}\t2026-11-21T11:00:00.000Z\t"),
    "elasticsearch-hits": _document(
        lambda found: {"took": 1, "hits": {"total": 1, "hits": found}},
        lambda n, line: {"_source": {"@timestamp": _iso(n, 3), "event": {"original": line}}},
    ),
    "elasticsearch-lines": _json_lines(lambda n, line: {"@timestamp": _iso(n, 3), "message": line}),
    "splunk-json": _json_lines(
        lambda n, line: {"preview": False, "offset": n, "result": {"_raw": line, "_time": _iso(n)}}
    ),
    "datadog-api": _document(
        lambda found: {"data": found},
        lambda n, line: {"type": "log", "attributes": {"timestamp": _iso(n, 3), "message": line}},
    ),
    "datadog-archive": _json_lines(
        lambda n, line: {"_id": "1", "date": _iso(n, 3), "message": line, "attributes": {}}
    ),
    "google-cloud-logging": _json_lines(
        lambda n, line: {"logName": "l", "resource": {}, "textPayload": line, "timestamp": _iso(n)}
    ),
    "azure-diagnostics": _json_lines(
        lambda n, line: {
            "time": _iso(n),
            "resourceId": "/a/b",
            "category": "c",
            "properties": {"message": line},
        }
    ),
    "azure-log-analytics": _document(
        lambda found: {
            "tables": [{"columns": [{"name": "TimeGenerated"}, {"name": "Message"}], "rows": found}]
        },
        lambda n, line: [_iso(n), line],
    ),
    "log-csv": _csv("_time,_raw,host,source", lambda n, line: [_iso(n), line, "h", "s"]),
}
#: These hold nothing where the message is empty.
_RECORDS = {name for name in _WRAPPERS if "journald" in name} | {
    "cloudwatch-events", "cloudwatch-insights", "cloudwatch-subscription", "loki-api", "loki-jsonl",
    "grafana-json", "elasticsearch-hits", "splunk-json", "datadog-api", "datadog-archive",
    "google-cloud-logging", "azure-diagnostics", "azure-log-analytics", "log-csv",
}  # fmt: skip
#: In these a document may be a line of JSON that is kept whole.
_KEPT_WHOLE = {"elasticsearch-lines", "elasticsearch-hits"}


def test_every_envelope_is_wrapped_here():
    assert {item.name for item in envelopes()} == set(_WRAPPERS)


@pytest.mark.parametrize("name", sorted(_WRAPPERS))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=_LINES,
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    size=st.integers(1, 400),
)
def test_lines_come_back_in_order_with_their_places(take, name, lines, sizes, size):
    if name in _RECORDS | _KEPT_WHOLE:
        lines = [line + "." for line in lines]
    if name in _KEPT_WHOLE:
        lines = ["2026-11-21 11:00:00 " + line for line in lines]
    if name == "loki-text":
        lines = ["|" + line for line in lines]
    data = _WRAPPERS[name](lines, sizes).encode("utf-8", "surrogateescape")
    taken = take(data, name, size)
    wanted = [line.encode() for line in lines]
    if name == "loki-text":
        wanted = [b"|" + line for line in wanted]
    assert taken.only == wanted
    [places] = taken.line.values()
    assert places == sorted(places)
    assert taken.rejected_lines == 0
    assert None not in next(iter(taken.at.values()))


@pytest.mark.parametrize("name", sorted(_WRAPPERS))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), lines=_LINES, size=st.integers(1, 300))
def test_damage_never_raises_and_counts_add_up(take, name, data, lines, size):
    whole = _WRAPPERS[name](lines, [7]).encode("utf-8", "surrogateescape")
    at = data.draw(st.integers(0, len(whole)))
    until = data.draw(st.integers(at, min(len(whole), at + 30)))
    damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[until:]
    assume(damaged)
    take(damaged, name, size)


@pytest.mark.parametrize("name", sorted(_WRAPPERS))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_counted(take, name, raw):
    take(raw, name, 64)
    take_off(raw)
