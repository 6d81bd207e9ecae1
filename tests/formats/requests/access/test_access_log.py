"""Real logs of nginx and Apache beside the requests that were sent to them."""

import json
import subprocess
import sys

import pytest

import perfkit
from perfkit.errors import EmptyInput, UsageError
from perfkit.formats.requests.access.access_log import FORMAT
from perfkit.ingest.recognise import recognise

NGINX = ["combined", "rt", "rtup", "upstreaminfo", "ltsv", "own", "js"]
APACHE = ["common", "combined", "combined_d", "vhost_combined", "io", "own"]
LOGS = [f"nginx_{name}.log" for name in NGINX] + [f"apache_{name}.log" for name in APACHE]
TIMED = ["nginx_rt", "nginx_rtup", "nginx_upstreaminfo", "nginx_ltsv", "nginx_own", "nginx_js"]
TIMED += ["apache_combined_d", "apache_io", "apache_own"]
LINE = '127.0.0.1 - - [{}] "GET /a HTTP/1.1" 200 17 "-" "x" 0.250\n'


@pytest.fixture(scope="module")
def load(data, own_formats):
    def read(name):
        return perfkit.load(data / name, log_format=own_formats.get(name))

    return read


@pytest.fixture
def log(tmp_path):
    def write(*lines):
        file = tmp_path / "access.log"
        file.write_text("".join(lines))
        return file

    return write


@pytest.mark.parametrize("name", LOGS)
def test_every_request_that_was_sent_is_a_row(load, data, name):
    rec = load(name)
    rows = rec.arrow("requests").to_pylist()
    sent = json.loads((data / f"{name.split('_')[0]}_sent.json").read_text())
    assert not len(rec.rejected)
    assert [row["line"] for row in rows] == list(range(1, len(sent) + 1))
    for row, (method, path, status, _) in zip(rows, sent, strict=True):
        assert row["method"] == method
        assert row["path"] == path or not method
        assert status in {None, row["status"]}


@pytest.mark.parametrize("name", TIMED)
def test_durations_are_what_the_backend_took(load, data, name):
    rows = load(f"{name}.log").arrow("requests").to_pylist()
    sent = json.loads((data / f"{name.split('_')[0]}_sent.json").read_text())
    known = [(row["duration_ms"], ms) for row, (*_, ms) in zip(rows, sent, strict=True)]
    assert all(took is not None for took, _ in known)
    assert all(asked - 1 <= took <= asked + 20 for took, asked in known if asked)
    assert all(took < 20 for took, asked in known[:2] if not asked)


@pytest.mark.parametrize("name", ["nginx_rtup", "nginx_upstreaminfo", "nginx_ltsv"])
def test_tries_of_backends_are_added_up(load, name):
    rows = load(f"{name}.log").arrow("requests").to_pylist()
    assert [row["upstream_ms"] for row in rows[:6]] == [None, None, 6.0, 41.0, 121.0, 0.0]


def test_what_the_log_says_else(load):
    first, *_, last = load("nginx_own.log").arrow("requests").to_pylist()
    assert (first["service"], last["service"]) == ("shop.test", "127.0.0.1")
    rows = load("apache_vhost_combined.log").arrow("requests").to_pylist()
    assert {row["service"] for row in rows} == {"shop.test"}
    ids = load("nginx_upstreaminfo.log").arrow("requests")["request_id"].to_pylist()
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "name", [name for name in LOGS if not name.endswith(("_own.log", "_js.log"))]
)
def test_the_content_tells_the_format(data, name):
    form, reason = recognise((data / name).read_bytes(), name)
    assert form.name == "access-log"
    assert "requests" in reason


def test_only_what_values_told_is_noted(load):
    assert [note.kind for note in load("nginx_rt.log").quality] == ["unit_inferred"]
    assert not load("nginx_rtup.log").quality
    assert not load("nginx_own.log").quality


def test_a_stated_format_is_the_same_without_the_note(load, data):
    stated = perfkit.load(
        data / "apache_combined_d.log",
        log_format=r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D",
    )
    assert stated.arrow("requests").equals(load("apache_combined_d.log").arrow("requests"))
    assert not stated.quality


def test_times_go_back_and_forth_as_they_are_logged(log):
    times = [
        "25/Oct/2026:02:59:59 +0200",
        "25/Oct/2026:02:00:00 +0100",
        "25/Oct/2026:01:00:00 +0200",
    ]
    rows = perfkit.load(log(*map(LINE.format, times))).arrow("requests").to_pylist()
    starts = [f"{row['started_at']:%H:%M:%S.%f}" for row in rows]
    assert starts == ["00:59:58.750000", "00:59:59.750000", "22:59:59.750000"]


def test_a_format_that_does_not_fit_says_where(log):
    file = log(LINE.format("25/Oct/2026:02:00:00 +0100"))
    with pytest.raises(EmptyInput, match=r"none of its 1 lines .* see "):
        perfkit.load(file, log_format="$remote_addr $status [$time_local]")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"log_format": "nothing"}, "no part of it is a value"),
        ({"log_format": 5}, "is no text"),
        ({"log_format": "$status $host", "format": "p6spy"}, "exclude each other"),
        ({"log_format": "$status $host", "table": "requests"}, "exclude each other"),
    ],
)
def test_mistakes_are_told(log, said, wrong):
    with pytest.raises(UsageError, match=wrong):
        perfkit.load(log("x\n"), **said)


def test_a_user_sees_routes_and_percentiles(log):
    lines = [LINE.format("25/Oct/2026:02:00:00 +0100").replace("/a", f"/a/{n}") for n in range(200)]
    rec = perfkit.load(log(*lines))
    assert "requests 200" in repr(rec)
    table = perfkit.baseline(rec).table
    assert table["route"].tolist() == ["/a/{id}"]
    assert table["p50_ms"].tolist() == [250.0]


def test_the_command_line_takes_a_log_format(log):
    file = log("GET /a 200 0.250\n")
    command = [sys.executable, "-m", "perfkit.cli", "baseline", "--format", "json", str(file)]
    said = ["--log-format", "$request_method $request_uri $status $request_time"]
    done = subprocess.run([*command, *said], capture_output=True, text=True, timeout=50, check=True)
    assert json.loads(done.stdout)["schema"].startswith("perfkit.baseline/")


def test_a_scan_takes_a_log_format(log):
    options = perfkit.scan(log("x\n"), log_format="$status $request_time").options
    assert options.terms.hints["log_format"] == "$status $request_time"


def test_what_is_none_is_not_recognised():
    assert FORMAT.recognises(b"hello\n").confidence == 0
    assert FORMAT.recognises(b"").confidence == 0
    mixed = LINE.format("25/Oct/2026:02:00:00 +0100") + "other lines\n" * 5
    assert FORMAT.recognises(mixed.encode()).confidence == 0
