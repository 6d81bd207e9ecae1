import json

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.happenings import deployment, lambda_metrics, lambda_report
from perfkit.formats.requests.structlog_json import FORMAT

AT = "2026-11-21T10:00:00Z"
REPORT = {
    "time": AT, "type": "platform.report",
    "record": {"requestId": "r", "status": "success", "metrics": {
        "durationMs": 102.25, "billedDurationMs": 103, "memorySizeMB": 128, "maxMemoryUsedMB": 35,
        "initDurationMs": 250.11}},
}  # fmt: skip


def tables(line):
    data = json.dumps(line).encode() + b"\n"
    assert FORMAT.recognises(data).confidence >= 0.9
    return FORMAT.parse(Chunk.whole(data)).tables


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"event": "deployed", "version": "v42"}, "deploy v42"),
        ({"event": "deploy"}, "deploy"),
        ({"event": "Deployment finished", "service": "web", "sha": "1a2b"}, "deploy web 1a2b"),
        ({"msg": "Deployment succeeded", "release": 7}, "deploy 7"),
        ({"event_type": "release", "version": "1.2"}, "deploy 1.2"),
        ({"event": "rollout", "image": "web:1.2"}, "deploy web:1.2"),
        ({"deployed_at": AT, "version": "v43", "service": "web"}, "deploy web v43"),
    ],
)
def test_deployments_are_events_with_their_time(line, message):
    (event,) = tables({"timestamp": AT, **line})["events"].to_pylist()
    assert (event["kind"], event["message"]) == ("deploy", message)
    assert event["at"].isoformat() == "2026-11-21T10:00:00+00:00"


@pytest.mark.parametrize(
    "line",
    [
        {"event": "release", "lock": "x"}, {"type": "release", "version": "1"},
        {"event": "deployment_started", "version": "1"}, {"event": "deploy", "status": "failed"},
        {"event": "deploy_failed", "version": "1"}, {"event": "user clicked deploy", "path": "/x"},
        {"url": "/deploy", "version": "1"}, {"message": "please deploy"}, {"deployed_at": AT},
        {"version": "1"}, {"event": ["deploy"]}, {},
    ],
)  # fmt: skip
def test_the_word_alone_is_no_deployment(line):
    assert deployment(line) is None


def test_a_lambda_report_is_an_invocation_a_cold_start_and_a_reading():
    found = tables(REPORT)
    events = found["events"].to_pylist()
    assert [(event["kind"], event["duration_ms"]) for event in events] == [
        ("invocation", 102.25),
        ("cold_start", 250.11),
    ]
    assert all(event["at"].hour == 10 for event in events)
    (reading,) = found["metrics"].to_pylist()
    assert (reading["name"], reading["unit"]) == ("lambda.max_memory_used", "bytes")
    assert reading["value"] == 35 * 1024 * 1024


def test_a_report_of_a_time_out_is_one():
    record = {"status": "timeout", "metrics": {"durationMs": 3000}}
    kinds = [one["kind"] for one in lambda_report({"type": "platform.report", "record": record})]
    assert kinds == ["invocation", "timeout"]


@pytest.mark.parametrize(
    "line",
    [{}, {"type": "platform.report"}, {"type": "platform.start", "record": {}},
     {"type": "platform.report", "record": {"metrics": None}},
     {"type": "platform.report", "record": {"metrics": {"maxMemoryUsedMB": "many"}}}],
)  # fmt: skip
def test_reports_without_readings_have_none(line):
    assert lambda_metrics(line) == []
