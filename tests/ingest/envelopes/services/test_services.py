"""Exports of log services, with the fields that their documents name."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.opened import take_off

AT = 1_795_258_800  # 2026-11-21T11:00:00Z
PG = "2026-11-21 11:00:00 UTC [1] LOG:  statement: select\n\t1"
PG_LINES = [line.encode() for line in PG.split("\n")]


def _dumped(document):
    return json.dumps(document, indent=4).encode()


def _lines(*records):
    return b"".join(
        json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records
    )


CASES = {
    "cloudwatch-events": _dumped(
        {
            "events": [
                {"logStreamName": "db", "timestamp": AT * 1000, "message": PG, "ingestionTime": 1},
                {"logStreamName": "web", "timestamp": AT * 1000 + 5, "message": "x\n"},
            ],
            "searchedLogStreams": [],
        }
    ),
    "cloudwatch-insights": _dumped(
        {
            "results": [
                [
                    {"field": "@timestamp", "value": "2026-11-21 11:00:00.000"},
                    {"field": "@message", "value": PG},
                    {"field": "@logStream", "value": "db"},
                    {"field": "@ptr", "value": "C"},
                ]
            ],
            "status": "Complete",
        }
    ),
    "cloudwatch-subscription": _lines(
        {"messageType": "CONTROL_MESSAGE", "logGroup": "", "logEvents": [{"message": "test"}]},
        {
            "messageType": "DATA_MESSAGE",
            "owner": "1",
            "logGroup": "rds",
            "logStream": "db",
            "logEvents": [{"id": "1", "timestamp": AT * 1000, "message": PG}],
        },
    ).replace(b"}\n{", b"}{"),
    "cloudwatch-tail": f"2026-11-21T11:00:00.000000+00:00 db {PG}\n".encode(),
    "loki-api": _dumped(
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [
                    {"stream": {"pod": "p", "container": "db"}, "values": [[str(AT * 10**9), PG]]}
                ],
            },
        }
    ),
    "loki-jsonl": _lines(
        {
            "labels": {"container": "db", "pod": "p"},
            "line": PG,
            "timestamp": "2026-11-21T12:00:00+01:00",
        }
    ),
    "loki-text": f'2026-11-21T11:00:00Z {{container="db", pod="p"}} {PG}\n'.encode(),
    "grafana-json": _dumped(
        [{"line": PG, "timestamp": str(AT * 10**9), "date": "x", "fields": {"app": "db"}}]
    ),
    "grafana-text": (
        f'Common labels: {{"app":"db"}}\n\n\n{AT}000\t2026-11-21T11:00:00.000Z\t{PG}\n'
    ).encode(),
    "elasticsearch-hits": _dumped(
        {
            "took": 3,
            "hits": {
                "total": {"value": 1},
                "hits": [
                    {
                        "_index": "logs",
                        "_source": {
                            "@timestamp": "2026-11-21T11:00:00.000Z",
                            "message": PG,
                            "host": {"name": "h"},
                            "service": {"name": "db"},
                        },
                    }
                ],
            },
        }
    ),
    "elasticsearch-lines": _lines(
        {
            "_index": "l",
            "_source": {"@timestamp": "2026-11-21T11:00:00Z", "log": PG + "\n", "host": "h"},
        }
    ),
    "splunk-json": _lines(
        {"preview": True, "result": {"_raw": "seen later again", "_time": "x"}},
        {
            "preview": False,
            "offset": 0,
            "result": {
                "_raw": PG,
                "_time": "2026-11-21 11:00:00.000 UTC",
                "host": "h",
                "source": "db",
            },
        },
        {"preview": False, "lastrow": True},
    ),
    "datadog-api": _dumped(
        {
            "data": [
                {
                    "id": "1",
                    "type": "log",
                    "attributes": {
                        "timestamp": "2026-11-21T11:00:00Z",
                        "service": "db",
                        "host": "h",
                        "message": PG,
                        "attributes": {"duration": 1},
                    },
                }
            ],
            "meta": {},
        }
    ),
    "datadog-archive": _lines(
        {
            "_id": "1",
            "date": "2026-11-21T11:00:00Z",
            "service": "db",
            "message": PG,
            "attributes": {},
        }
    ),
    "google-cloud-logging": _dumped(
        [
            {
                "insertId": "1",
                "logName": "projects/p/logs/stdout",
                "resource": {
                    "type": "k8s_container",
                    "labels": {"pod_name": "p", "container_name": "db"},
                },
                "textPayload": PG,
                "timestamp": "2026-11-21T11:00:00.000000000Z",
            }
        ]
    ),
    "azure-diagnostics": _lines(
        {
            "time": "2026-11-21T11:00:00.000Z",
            "resourceId": "/SUBSCRIPTIONS/1/SERVERS/DB",
            "category": "PostgreSQLLogs",
            "properties": {
                "timestamp": "2026-11-21 11:00:00 UTC",
                "processId": 1,
                "errorLevel": "LOG",
                "message": "statement: select\n1",
            },
        }
    ),
    "azure-log-analytics": _dumped(
        [{"TableName": "PrimaryResult", "TimeGenerated": "2026-11-21T11:00:00Z", "LogMessage": PG}]
    ),
    "log-csv": (
        f'"@timestamp","@message","@logStream"\n2026-11-21 11:00:00.000,"{PG}",db\n'
    ).encode(),
}


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("size", [1 << 20, 50])
def test_a_message_of_two_lines_comes_out_with_its_time(take, name, size):
    data = CASES[name]
    assert take_off(data).name == name
    taken = take(data, size=size)
    stream, lines = next(iter(taken.streams.items()))
    assert lines == PG_LINES
    assert taken.at[stream] == [AT * 10**9] * 2
    assert taken.rejected_lines == 0
    assert not taken.notes


def test_streams_are_named_after_where_lines_come_from(take):
    names = {name: next(iter(take(data).streams)) for name, data in CASES.items()}
    assert names["cloudwatch-subscription"] == "rds/db"
    assert names["loki-api"] == names["loki-text"] == names["loki-jsonl"] == "p/db"
    assert names["google-cloud-logging"] == "p/db"
    assert names["elasticsearch-hits"] == names["datadog-api"] == names["splunk-json"] == "h/db"


FIELDS = {"http": {"method": "GET", "url": "/"}, "duration_ms": 12.5}


def test_where_only_the_fields_are_a_line_they_are_given_as_json(take):
    datadog = {"timestamp": "2026-11-21T11:00:00Z", "message": "done", "attributes": FIELDS}
    found = [
        take(_dumped({"data": [{"type": "log", "attributes": datadog}]})),
        take(
            _lines(
                {
                    "logName": "l",
                    "resource": {},
                    "timestamp": "2026-11-21T11:00:00Z",
                    "jsonPayload": {"message": "done", **FIELDS},
                }
            )
        ),
    ]
    for taken in found:
        [line] = taken.only
        assert json.loads(line) == {"message": "done", **FIELDS}


def test_a_document_without_a_line_is_a_line_of_json(take):
    source = {"@timestamp": "2026-11-21T11:00:00Z", "message": "done", **FIELDS}
    taken = take(_dumped({"hits": {"hits": [{"_source": source}]}}))
    assert json.loads(taken.only[0]) == source


def _newest_first(record):
    return b"".join(record(n) for n in range(9, 0, -1))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "grafana-text",
            _newest_first(lambda n: b"170000000%04d\t2026-11-21T11:00:00.000Z\t%d\n\tb\n" % (n, n)),
        ),
        (
            "splunk-json",
            _newest_first(
                lambda n: _lines(
                    {"result": {"_raw": f"{n}\n\tb", "_time": f"2026-11-2{n} 11:00:00Z"}}
                )
            ),
        ),
        (
            "log-csv",
            b"Date,Host,Service,Message\n"
            + _newest_first(lambda n: b'2026-11-2%dT11:00:00Z,"""h""",s,"%d\n\tb"\n' % (n, n)),
        ),
    ],
)
def test_exports_that_come_newest_first_are_turned_round(take, name, data):
    taken = take(data)
    assert taken.name == name
    assert taken.only == [line for n in range(1, 10) for line in (b"%d" % n, b"\tb")]
    assert taken.newest_first
    assert not taken.notes
    assert take(data, name, 200).notes == {"newest_first"}


def test_json_over_several_lines_in_aws_logs_tail_is_one_line_again(take):
    pretty = json.dumps({"event": "request", "http": FIELDS}, indent=4)
    data = f"2026-11-21T11:00:00+00:00 2026/11/21/[$LATEST]0a \n{pretty}\n".encode() * 3
    for size in (1 << 20, 100):
        taken = take(data, "cloudwatch-tail", size)
        assert [json.loads(line)["event"] for line in taken.only] == ["request"] * 3
    assert take_off(data).name == "cloudwatch-tail"


def test_the_short_format_of_aws_logs_tail_is_in_utc(take):
    taken = take(b'2026-11-21T11:00:00 {"event":"request"}\n' * 3)
    assert taken.only == [b'{"event":"request"}'] * 3
    assert taken.at[""] == [AT * 10**9] * 3


KIBANA = b"""\
"@timestamp",message,"host.name"
"Nov 21, 2026 @ 12:00:00.000","a, ""b""\",h
"Nov 21, 2026 @ 12:00:01.000",c,h
"""


def test_times_of_kibana_are_in_the_zone_that_is_stated(take):
    taken = take(KIBANA, zone="Europe/Berlin")
    assert taken.streams == {"h": [b'a, "b"', b"c"]}
    assert taken.at["h"] == [AT * 10**9, (AT + 1) * 10**9]
    assert taken.notes == {"timezone_assumed"}


def test_a_record_of_csv_with_another_number_of_columns_is_rejected(take):
    taken = take(KIBANA + b"too,few\n" + KIBANA.splitlines(keepends=True)[2])
    assert [line for line, _ in taken.rejected] == [4]
    assert taken.line["h"] == [2, 3, 5]


def test_a_document_that_is_cut_off_is_rejected(take):
    taken = take(CASES["loki-api"][:-5], "loki-api")
    assert taken.rejected_lines == taken.lines == 1


@pytest.mark.parametrize("depth", [100, 200_000])
def test_nothing_expands(take, depth):
    bomb = b'{"hits":{"hits":[{"_source":{"@timestamp":"x","message":"m","a":' + b"[" * depth
    take(bomb, "elasticsearch-hits")
    take(bomb + b"]" * depth + b"}}]}}", "elasticsearch-hits")
    take(bomb + b"\n" + bomb, "splunk-json")
