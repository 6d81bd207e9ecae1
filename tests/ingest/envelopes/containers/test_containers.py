"""Docker, Kubernetes and their command lines, as their sources write lines."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.opened import take_off

DOCKER = (
    b'{"log":"2026-11-21 11:00:00 UTC [1] LOG:  x\\n","stream":"stderr",'
    b'"time":"2026-11-21T11:00:00.5Z"}\n'
    b'{"log":"listening\\n","stream":"stdout","attrs":{"tag":"a"},'
    b'"time":"2026-11-21T11:00:01.000000001Z"}\n'
)


def test_docker_keeps_stdout_and_stderr_apart(take):
    taken = take(DOCKER)
    assert taken.name == "docker-json-file"
    assert taken.streams == {
        "stderr": [b"2026-11-21 11:00:00 UTC [1] LOG:  x"],
        "stdout": [b"listening"],
    }
    assert taken.at["stdout"] == [1_795_258_801_000_000_001]
    assert taken.line["stdout"] == [2]


def test_parts_of_both_streams_mixed_are_joined_at_the_place_of_the_first(take):
    parts = [
        ("a", "stdout"),
        ("X\n", "stderr"),
        ("b", "stdout"),
        ("c\n", "stdout"),
        ("d", "stdout"),
    ]
    data = b"".join(
        json.dumps({"log": text, "stream": stream, "time": f"2026-11-21T11:00:0{n}Z"}).encode()
        + b"\n"
        for n, (text, stream) in enumerate(parts)
    )
    for size in (1, 100, 1 << 20):
        taken = take(data, "docker-json-file", size)
        assert taken.streams == {"stdout": [b"abc", b"d"], "stderr": [b"X"]}
        assert taken.line == {"stdout": [1, 5], "stderr": [2]}
        assert taken.irrelevant == 2


def test_broken_lines_of_docker_are_rejected_alone(take):
    taken = take(DOCKER + b'{"log":"cut of\n\n' + DOCKER[:30] + b"\n" + DOCKER, "docker-json-file")
    assert [line for line, _ in taken.rejected] == [3, 5]
    assert taken.irrelevant == 1
    assert len(taken.streams["stdout"]) == 2


def test_cri_tags_may_have_further_flags_and_content_may_be_empty(take):
    taken = take(
        b"2016-10-06T00:17:09.669794202Z stdout P:x log content 1, \n"
        b"2016-10-06T00:17:09.669794203+00:00 stderr F err\n"
        b"2016-10-06T00:17:10.113242941Z stdout F log content 2\r\n"
        b"2016-10-06T00:17:10.113242941Z stdout F\nno line of a runtime\n"
        b"2016-13-06T00:17:10.113242941Z stdout F no time\n",
        "cri",
    )
    assert taken.streams == {"stdout": [b"log content 1, log content 2", b""], "stderr": [b"err"]}
    assert taken.line["stdout"] == [1, 4]
    assert taken.at["stdout"][0] == 1_475_713_029_669_794_202
    assert [line for line, _ in taken.rejected] == [5, 6]


COMPOSE = b"""\
Attaching to db-1, web-1
web-1  | {"event":"request"}
db-1   | 2026-11-21 11:00:00 UTC [1] LOG:  x
db-1   | \t| y
web-1  |
web-1 exited with code 0
"""


def test_compose_gives_each_service_a_stream(take):
    taken = take(COMPOSE)
    assert taken.name == "docker-compose"
    assert taken.streams == {
        "web-1": [b'{"event":"request"}', b""],
        "db-1": [b"2026-11-21 11:00:00 UTC [1] LOG:  x", b"\t| y"],
    }
    assert taken.irrelevant == 2


@pytest.mark.parametrize("colour", [b"\x1b[36mweb-1  | \x1b[0m", b"\x1b[36mweb_1  |\x1b[0m "])
def test_colours_and_times_of_compose_are_taken_off(take, colour):
    taken = take(
        b"".join(colour + b"2026-11-21T11:00:0%d.000000000Z \x1b[1mhi\n" % n for n in range(3))
    )
    assert taken.only == [b"\x1b[1mhi"] * 3
    assert taken.at.popitem()[1][0] == 1_795_258_800 * 10**9


def test_kubectl_and_stern_name_pod_and_container(take):
    taken = take(
        b"[pod/web-6b7f/app] one\n[pod/db-0/postgres] 2026-11-21T11:00:00.000000000Z two\n"
    )
    assert taken.streams == {"web-6b7f/app": [b"one"], "db-0/postgres": [b"two"]}
    lines = b"+ web-6b7f9c5d4-x2x9z \xe2\x80\xba app\n" + b"web-6b7f9c5d4-x2x9z app one\n" * 9
    assert take(lines).streams == {"web-6b7f9c5d4-x2x9z/app": [b"one"] * 9}
    lines = b"prod web-6b7f9c5d4-x2x9z app one\n" * 9
    assert take(lines).streams == {"prod/web-6b7f9c5d4-x2x9z/app": [b"one"] * 9}


def test_times_before_lines_of_a_log_are_taken_off_and_their_further_lines_kept(take):
    taken = take(
        b'2026-11-21T11:00:00.123Z {"event":"request"}\n'
        b"2026-11-21T11:00:01.123Z 2026-11-21 11:00:01 UTC [1] LOG:  statement: select\n\t1\n"
    )
    assert taken.name == "timestamps"
    assert taken.only[1:] == [b"2026-11-21 11:00:01 UTC [1] LOG:  statement: select", b"\t1"]
    assert taken.at[""][1] == taken.at[""][2]


@pytest.mark.parametrize(
    "line",
    [
        b"2026-11-21T11:00:00.123Z INFO request finished in 3 ms\n",
        b"2026-11-21T11:00:00.123456789Z\tinfo\thttp\trequest\n",
        b'{"log":"no envelope without a time and a stream"}\n',
        b'{"log":"x","time":"2026-11-21T11:00:00Z","level":"info"}\n',
        b"INFO | request finished\n",
        b"info  | request finished\n",
        b"2026-11-21 11:00:00.123 | INFO     | app:main:1 - hello\n",
        b" id | name\n----+------\n  1 | a\n",
        b'127.0.0.1 - - [21/Nov/2026:11:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n',
        b"some words of a log\n",
    ],
)
def test_logs_without_an_envelope_are_left_alone(line):
    assert take_off(line * 60) is None
