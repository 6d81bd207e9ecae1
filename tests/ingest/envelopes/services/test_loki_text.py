"""logcli's text."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.services.loki_text import ENVELOPE

AT = 1_795_258_800 * 10**9


@pytest.mark.parametrize("size", [1, 80, 1 << 20])
def test_labels_are_padded_and_lines_go_on(take, size):
    data = (
        b'2026-11-21T11:00:00Z {app="db"}               a\n\tmore\n'
        b'2026-11-21T12:00:01+01:00 {app="web", pod="p"} b {x="y"}\n'
    )
    taken = take(data, "loki-text", size)
    assert taken.streams == {"db": [b"a", b"\tmore"], "p/web": [b'b {x="y"}']}
    assert taken.at == {"db": [AT, AT], "p/web": [AT + 10**9]}


def test_quotes_and_braces_in_values_are_no_end_of_the_labels(take):
    taken = take(b'2026-11-21T11:00:00Z {app="a\\"}", pod="{p}"} x\n2026-11-21T11:00:00Z {} y\n')
    assert taken.name == "loki-text"
    assert taken.streams == {'{p}/a\\"}': [b"x"], "": [b"y"]}


@pytest.mark.parametrize(
    "line",
    [
        b'2026-11-21T11:00:00Z {app="never ended x',
        b"2026-11-21T11:00:00Z {app} x",
        b'2026-11-21T11:00:00.5Z {app="db"} x',
        b'2026-11-21T11:00:00 {app="db"} x',
        b"more",
    ],
)
def test_a_line_of_another_shape_continues_the_one_before(take, line):
    taken = take(b'2026-11-21T11:00:00Z {app="db"} a\n' + line + b"\n", "loki-text")
    assert taken.streams == {"db": [b"a", line]}


def test_a_time_that_is_none_continues_too(take):
    taken = take(
        b'2026-11-21T11:00:00Z {app="db"} a\n2026-13-21T11:00:00Z {app="web"} b\n', "loki-text"
    )
    assert taken.streams == {"db": [b"a", b'2026-13-21T11:00:00Z {app="web"} b']}


def test_lines_before_the_first_time_are_irrelevant(take):
    taken = take(b'http://loki/api\n2026-11-21T11:00:00Z {app="db"} a\n', "loki-text")
    assert (taken.only, taken.irrelevant, taken.line["db"]) == ([b"a"], 1, [2])


@pytest.mark.parametrize(
    "head", [b"", b'2026-11-21T11:00:00Z {"app":"db"} x\n', b'{app="db"} x\n', b"2026-11-21 {} x\n"]
)
def test_other_lines_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0
