"""Grafana's download as text."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.services.grafana_text import ENVELOPE

AT = 1_795_258_800_000


def _line(text: str, at: int = AT) -> bytes:
    return f"{at}\t2026-11-21T11:00:00.000Z\t{text}\n".encode()


@pytest.mark.parametrize("size", [1, 90, 1 << 20])
def test_further_lines_belong_to_the_line_before(take, size):
    taken = take(_line("a\t1") + b"more\n\n" + _line("b", AT + 5), "grafana-text", size)
    assert taken.only == [b"a\t1", b"more", b"", b"b"]
    assert taken.at[""] == [AT * 10**6] * 3 + [(AT + 5) * 10**6]


def test_what_grafana_says_about_all_lines_is_irrelevant(take):
    taken = take(b'Common labels: {"app":"db"}\nLine limit: "1000"\n\n' + _line("a") + _line(""))
    assert (taken.name, taken.only, taken.irrelevant) == ("grafana-text", [b"a", b""], 3)


@pytest.mark.parametrize(
    "line",
    [
        "x" * 13 + "\t2026-11-21T11:00:00.000Z\tb",
        "-" + "1" * 12 + "\t2026-11-21T11:00:00.000Z\tb",
        "1795258800000 2026-11-21T11:00:00.000Z b",
        "1795258800000\t2026-11-21T11:00:00.000Z",
        "1795258800000",
    ],
)
def test_a_line_with_another_beginning_continues_the_one_before(take, line):
    taken = take(_line("a") + line.encode() + b"\n", "grafana-text")
    assert taken.only == [b"a", line.encode()]


@pytest.mark.parametrize(
    "head", [b"", b"1795258800\t2026-11-21T11:00:00.000Z\tx\n", b"1795258800000\tx\ty\n", b"a\tb\n"]
)
def test_other_tables_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 5).confidence == 0
    assert ENVELOPE.recognises(_line("x") * 5 + head).confidence > 0.9
