"""Names of docker compose, padded, coloured, numbered."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.containers.compose import ENVELOPE


@pytest.mark.parametrize(
    "status",
    [
        "Attaching to db-1, web-1",
        "Gracefully stopping... (press Ctrl+C again to force)",
        "web-1 exited with code 137",
        "\x1b[36mweb-1 exited with code 0\x1b[0m",
        "web-1 has been recreated",
    ],
)
def test_what_compose_says_itself_is_irrelevant(take, status):
    taken = take(f"web-1  | a\n{status}\nweb-1  | b\n".encode(), "docker-compose")
    assert taken.only == [b"a", b"b"]
    assert (taken.irrelevant, taken.rejected_lines) == (1, 0)


@pytest.mark.parametrize("damaged", ["no bar at all", "two words | x", "| x", "-web | x"])
def test_a_line_without_a_name_is_rejected_with_its_number(take, damaged):
    taken = take(f"web-1  | a\n\n{damaged}\nweb-1  | b\n".encode(), "docker-compose")
    assert [number for number, _ in taken.rejected] == [3]
    assert taken.irrelevant == 1
    assert taken.line["web-1"] == [1, 4]


def test_one_blank_behind_the_bar_is_the_prefix_and_bars_in_the_text_are_not(take):
    taken = take(b"web-1  |  a | b\nweb-1  ||\nweb-1  |\r\n", "docker-compose")
    assert taken.only == [b" a | b", b"|", b""]


def test_tasks_of_a_swarm_are_streams_each(take):
    task = "x2x9z6b7f9c5d4x2x9z6b7f9c"
    data = f"web.1.{task}@node-a    | hello\nweb.2.{task}@node-b    | hello\n".encode()
    taken = take(data)
    assert (taken.name, len(taken.streams)) == ("docker-compose", 2)


def test_names_without_a_number_need_lines_of_a_log_behind_them():
    log = b'web  | {"event":"request"}\ndb   | 2026-11-21 11:00:00 UTC [1] LOG:  x\n'
    assert ENVELOPE.recognises(log * 3).confidence > 0.9
    assert ENVELOPE.recognises(b"web  | some words\ndb   | more\n" * 3).confidence == 0


@pytest.mark.parametrize(
    "head", [b"", b"info-1 x\n", b"warn | {}\n", b"ERROR | {}\n", b"a b | {}\n"]
)
def test_other_tables_and_levels_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 5).confidence == 0
