"""All lines at once and one by one: the same fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.divide import divided, divided_singly
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.words import Text

FORMATS = [
    '$remote_addr - $remote_user [$time_local] "$request" $status "$http_user_agent" $request_time',
    "$upstream_addr $upstream_response_time|$status",
    "$host$request_uri\t$status",
    "[$time_local] $remote_user,$status,",
    '"$request"',
]
TIME = "10/Oct/2026:13:55:36 +0200"
PIECES = st.sampled_from(
    [
        '"', " ", " - ", "- ", ", ", " : ", "[", "]", '" ', '\\"', "\\", "/", "|", "\t", ",", "200",
        "0.1", "a", TIME, f"[{TIME}]", '"GET / HTTP/1.1"', "127.0.0.1", "é", "\0", "x" * 600,
    ]
)  # fmt: skip
LINES = st.lists(st.lists(PIECES, max_size=25).map("".join), min_size=1, max_size=12)


def same(log_format, lines):
    template = template_of(log_format)
    text = Text.of("".join(f"{line}\n" for line in lines).encode())
    both = divided(template, text), divided(template, text, plainly=False)
    for name in ("rows", "begin", "end", "misfits"):
        at_once, singly = (getattr(one, name).tolist() for one in both)
        assert at_once == singly, name
    return both[0]


@pytest.mark.parametrize("log_format", FORMATS)
@given(LINES)
def test_any_lines_divide_alike(log_format, lines):
    same(log_format, lines)


@given(st.lists(st.tuples(PIECES, PIECES, PIECES, PIECES), min_size=1, max_size=8))
def test_lines_that_nearly_fit_divide_alike(values):
    lines = [f'1.1.1.1 - {a} [{TIME}] "{b}" {c} "{d}" 0.1' for a, b, c, d in values]
    same(FORMATS[0], lines)


def test_nuls_before_a_line_are_passed_over():
    found = same("$status $request_time", ["\0\0\0" + "200 0.5", "200 0.5"])
    assert found.rows.tolist() == [0, 1]
    assert (found.end - found.begin).tolist() == [[3, 3], [3, 3]]


def test_many_lines_go_block_by_block():
    text = Text.of(b"200 0.5\nno\n" * 5000)
    found = divided_singly(template_of("$status $request_time"), text, np.arange(len(text)))
    assert found.rows.tolist() == list(range(0, 10_000, 2))
    assert found.misfits.tolist() == list(range(1, 10_000, 2))


def test_no_lines_are_no_rows():
    assert divided(template_of("$status"), Text.of(b"")).rows.tolist() == []
