"""Events as servers, Lambda and deployments write them."""

import pyarrow as pa
import pytest

from perfkit.formats.requests.apps.event_lines import EVENT_LINES
from perfkit.formats.requests.apps.told import told

ID = "8f507cfc-1111-4697-b07a-ac58fc914c95"
#: Line -> kind, process, milliseconds, message (None: the line).
LINES = {
    "[2026-11-21 10:00:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:12)": (
        "worker_timeout", "12", None, "WORKER TIMEOUT (pid:12)"),
    "[2026-11-21 10:00:00 +0000] [1] [ERROR] Worker (pid:66) was sent SIGKILL! Perhaps out of "
    "memory?": (
        "worker_killed", "66", None,
        "Worker (pid:66) was sent SIGKILL! Perhaps out of memory?"),
    "[2026-11-21 10:00:00 +0000] [1] [WARNING] Worker with pid 6 was terminated due to signal 9": (
        "worker_killed", "6", None, "Worker with pid 6 was terminated due to signal 9"),
    "INFO:     Child process [7] died": ("worker_killed", "7", None, "Child process [7] died"),
    "Sat Nov 21 10:00:00 2026 - *** HARAKIRI ON WORKER 13 (pid: 21576, try: 1) ***": (
        "worker_timeout", "21576", None, "*** HARAKIRI ON WORKER 13 (pid: 21576, try: 1) ***"),
    "DAMN ! worker 1 (pid: 123) died, killed by signal 9 :( trying respawn ...": (
        "worker_killed", "123", None, None),
    "Respawned uWSGI worker 1 (new pid: 124)": ("worker_start", "124", None, None),
    "spawned uWSGI worker 1 (and the only) (pid: 9, cores: 1)": ("worker_start", "9", None, None),
    "[123] - Worker 0 (PID: 12) booted in 0.01s, phase: 0": ("worker_start", "12", None, None),
    "E, [2026-11-21T10:00:00.5 #1] ERROR -- : worker=0 PID:12 timeout (61s > 60s), killing": (
        "worker_timeout", "12", 61_000.0, "worker=0 PID:12 timeout (61s > 60s), killing"),
    f"2026-11-21T10:00:00.123Z {ID} Task timed out after 3.00 seconds": (
        "timeout", None, 3000.0, f"{ID} Task timed out after 3.00 seconds"),
    "INIT_REPORT Init Duration: 10008.77 ms\tPhase: init\tStatus: timeout": (
        "cold_start", None, 10_008.77, None),
    "Deploy 1a2b3c4 by user@example.com": ("deploy", None, None, None),
    "2026-11-21T10:00:00+00:00 app[api]: Release v42 created by user user@example.com": (
        "deploy", None, None, "Release v42 created by user user@example.com"),
    "Branch main (at 1234567) deployed as release 20261121100000 by deploy": (
        "deploy", None, None, None),
    "WARNING asyncio Executing <Task finished name='r'> took 0.139 seconds": (
        "blocked_loop", None, 139.0, "Executing <Task finished name='r'> took 0.139 seconds"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_an_event(line):
    kind, process, ms, message = LINES[line]
    (event,) = told(pa.array([line]), None).tables["events"].to_pylist()
    assert (event["kind"], event["session_id"], event["duration_ms"]) == (kind, process, ms)
    assert event["message"] == (message or line)
    if "2026" in line and "Sat Nov" not in line:
        assert event["at"].isoformat().startswith("2026-11-21T10:00:00")


def test_patterns_name_only_groups_that_are_read():
    known = {"before", "process", "ms", "seconds", "at", "message"}
    for kind in EVENT_LINES:
        names = {part.split(">")[0] for part in kind.pattern.split("(?P<")[1:]}
        assert names <= known


@pytest.mark.parametrize(
    "line",
    [
        "[1] [INFO] Worker (pid:66) was sent SIGTERM!", "GET /deploy", "Deploy of v42 by user",
        "we deployed as release of energy", "INFO Release v42 created by user x and others",
        'INFO "Deploy 1a2b3c4 by user@example.com"', "Deploy 1a2b3c4 by a user@example.com",
        "the REPORT RequestId: 1\tDuration: 5 ms", "Task timed out after 3 seconds",
        "worker timeout", "Booting worker with pid: twelve",
    ],
)  # fmt: skip
def test_words_alone_are_no_events(line):
    assert "events" not in told(pa.array([line]), None).tables
