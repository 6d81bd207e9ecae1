"""A log in every envelope, as runtimes, daemons and log services write it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MESSAGES", "WRAPPERS"]

_SECOND = 1_795_258_800


def _iso(n: int, digits: int = 9, zone: str = "Z") -> str:
    return f"2026-11-21T11:{n // 60 % 60:02}:{n % 60:02}.{n:0{digits}}{zone}"


def _prefixed(prefix: str) -> Callable[[list[str]], str]:
    return lambda lines: "".join(
        prefix.format(n=n, iso=_iso(n), us=_iso(n, 6, "+00:00")) + line + "\n"
        for n, line in enumerate(lines)
    )


def _json_lines(record: Callable[[int, str], Any]) -> Callable[[list[str]], str]:
    return lambda lines: "".join(
        json.dumps(record(n, line), separators=(",", ":")) + "\n" for n, line in enumerate(lines)
    )


def _document(
    shape: Callable[[list[Any]], Any], record: Callable[[int, str], Any]
) -> Callable[[list[str]], str]:
    return lambda lines: json.dumps(shape([record(n, x) for n, x in enumerate(lines)]), indent=1)


def _cri(lines: list[str]) -> str:
    out = []
    for n, line in enumerate(lines):
        out += [f"{_iso(n)} stdout P {line[:30]}", f"{_iso(n)} stdout F {line[30:]}"]
    return "\n".join(out) + "\n"


def _export(lines: list[str]) -> str:
    return "".join(
        f"__CURSOR=s=1;i={n}\n__REALTIME_TIMESTAMP={_SECOND * 10**6 + n}\n"
        f"SYSLOG_IDENTIFIER=app\n_PID=7\nMESSAGE={line}\n\n"
        for n, line in enumerate(lines)
    )


def _csv(lines: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    out.write("_time,_raw,host,source\n")
    writer.writerows([_iso(n), line, "h", "s"] for n, line in enumerate(lines))
    return out.getvalue()


def _streams(values: list[Any]) -> dict[str, Any]:
    result = [{"stream": {"app": "a"}, "values": values}]
    return {"status": "success", "data": {"resultType": "streams", "result": result}}


#: Envelope -> what it makes of the lines of a log.
WRAPPERS: dict[str, Callable[[list[str]], str]] = {
    "docker-json-file": _json_lines(
        lambda n, line: {"log": line + "\n", "stream": "stderr", "time": _iso(n)}
    ),
    "cri": _cri,
    "docker-compose": _prefixed("web-1  | {iso} "),
    "kubectl-prefix": _prefixed("[pod/web-1/app] {iso} "),
    "stern": _prefixed("web-6b7f9c5d4-x2x9z app {iso} "),
    "timestamps": _prefixed("{iso} "),
    "syslog": _prefixed("<13>Nov 21 11:00:00 host app[{n}]: "),
    "syslog-5424": _prefixed("<13>1 {us} h1 app {n} id - "),
    "heroku": _prefixed("{us} app[web.1]: "),
    "journald-json": _json_lines(
        lambda n, line: {
            "__REALTIME_TIMESTAMP": str(_SECOND * 10**6 + n),
            "MESSAGE": list(line.encode()) if n % 4 == 3 else line,  # noqa: PLR2004 - now and then
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
            {"field": "@timestamp", "value": f"2026-11-21 11:00:{n % 60:02}.000"},
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
    "loki-api": _document(_streams, lambda n, line: [str(_SECOND * 10**9 + n), line]),
    "loki-jsonl": _json_lines(
        lambda n, line: {"labels": {"app": "a"}, "line": line, "timestamp": _iso(n)}
    ),
    "loki-text": _prefixed('2026-11-21T11:00:00Z {{app="a"}} '),
    "grafana-json": _document(
        lambda found: found,
        lambda n, line: {"line": line, "timestamp": str(_SECOND * 10**9 + n), "fields": {}},
    ),
    "grafana-text": _prefixed("17952588000{n:02}\t2026-11-21T11:00:00.000Z\t"),
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
        lambda n, line: {
            "_id": "1",
            "date": _iso(n, 3),
            "service": "web",
            "message": line,
            "attributes": {},
        }
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
    "log-csv": _csv,
}

#: Whose records are messages, which may have several lines.
MESSAGES = {
    "azure-diagnostics", "azure-log-analytics", "cloudwatch-events", "cloudwatch-insights",
    "cloudwatch-subscription", "datadog-api", "datadog-archive", "elasticsearch-hits",
    "elasticsearch-lines", "google-cloud-logging", "grafana-json", "journald-json", "log-csv",
    "loki-api", "loki-jsonl", "splunk-json",
}  # fmt: skip
