"""Which texts begin like a line of a log."""

from __future__ import annotations

import time

import pytest

from perfkit.ingest.envelopes.raw_lines import is_line, share

LINES = [
    '{"event":"request"}',
    '  { "event": 1}',
    "{}",
    "2026-11-21 11:00:00.123 UTC [7] LOG:  x",
    "2026/11/21 11:00:00 [error] 7#7: *1 upstream",
    "[2026-11-21T11:00:00Z] GET /",
    "Nov 21 11:00:00 host app[1]: x",
    "Nov  1 11:00:00 host app: x",
    "<134>1 2026-11-21T11:00:00Z h a 1 - - x",
    "<13>Nov 21 11:00:00 host app: x",
    '127.0.0.1 - - [21/Nov/2026:11:00:00 +0000] "GET / HTTP/1.1" 200 5',
    '2001:db8::1 - ana [1/Nov/2026:11:00:00 +0000] "GET / HTTP/1.1" 200 5',
    "# Time: 2026-11-21T11:00:00.000000Z",
    "# User@Host: shop[shop] @ localhost []",
    "[7] shop@shop LOG:  duration: 12.5 ms",
    "ERROR:  deadlock detected",
]
MESSAGES = [
    "",
    "   ",
    "request finished in 3 ms",
    "{not json}",
    "[1, 2]",
    "2026-11-21",
    "20261121 110000",
    "at 2026-11-21 11:00:00 it happened",
    "LOG: one blank",
    "DEBUG:  x",
    "<b>bold</b>",
    "# a comment",
    "\tat com.example.Main(Main.java:3)",
]


@pytest.mark.parametrize("text", LINES)
def test_lines_of_logs_are_told(text):
    assert is_line(text)


@pytest.mark.parametrize("text", MESSAGES)
def test_messages_within_lines_are_told(text):
    assert not is_line(text)


def test_a_postgresql_level_behind_a_line_feed_is_of_another_line():
    assert not is_line("prefix\nLOG:  x")


def test_the_share_leaves_texts_without_content_out():
    assert share(["{}", "", "  ", "\n", "words", "{}", "{}"]) == 0.75
    assert share([]) == share(["", " "]) == 0


def test_a_hostile_text_is_judged_at_once():
    began = time.perf_counter()
    for text in (" " * 10**6, "a " * 10**6, "LOG" * 10**6, "a" * 10**6 + " [1/Nov/2026:"):
        assert not is_line(text)
    assert time.perf_counter() - began < 1
