import re

import pyarrow as pa
import pytest

from perfkit.formats.model import KEPT_PER_REASON, Parsed
from perfkit.formats.requests.cloud.proxy_lines import (
    in_front,
    recognised,
    rejecting,
    sampled,
    without_port,
)

LINE = re.compile(rb"asked \d+")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://shop:80/a?b=http://c/d", "/a?b=http://c/d"),
        ("https://[2001:db8::1]:443", "/"),
        ("https://shop?a", "/?a"),
        ("/a", "/a"),
        ("//host/a", "//host/a"),
        ("*", "*"),
        (None, None),
    ],
)
def test_only_what_is_in_front_of_a_path_is_taken_off(url, path):
    assert in_front(pa.array([url], pa.string())).to_pylist() == [path]


@pytest.mark.parametrize("address", ["::1:80", "[::1]:80", "[::1]"])
def test_a_port_is_taken_off_whatever_is_in_front(address):
    addresses = pa.array([address, "10.0.0.1:5", None]).dictionary_encode()
    assert without_port(addresses).to_pylist() == ["::1", "10.0.0.1", None]


def test_the_more_lines_fit_the_surer():
    few, all_ = (
        recognised(head, LINE, "asked").confidence for head in (b"x\nasked 1\n", b"asked 1")
    )
    assert 0.9 < few < all_ < 1
    assert recognised(b"x\n", LINE, "asked").confidence == 0


def test_a_line_that_the_head_cuts_off_is_no_sample():
    assert sampled(b"asked 1\r\n\nask") == [b"asked 1"]
    assert sampled(b"asked") == [b"asked"]
    assert len(sampled(b"a\n" * 5000)) <= 400


def test_only_lines_that_begin_as_a_request_does_are_rejected():
    data = b"asked 1\nwords\nasked 2\nasked 3\n"
    table = pa.table({"line": pa.array([1])})
    found = rejecting(Parsed(tables={"requests": table}, irrelevant=3, lines=4), data, LINE)
    assert [bad.line for bad in found.rejected] == [3, 4]
    assert (found.irrelevant, found.rejected_lines, found.used) == (1, 2, 1)


def test_of_many_rejected_lines_only_some_are_kept():
    count = KEPT_PER_REASON + 5
    found = rejecting(Parsed(irrelevant=count, lines=count), b"asked 1\n" * count, LINE)
    assert (len(found.rejected), found.rejected_lines) == (KEPT_PER_REASON, count)
