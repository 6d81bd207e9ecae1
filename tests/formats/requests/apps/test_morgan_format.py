"""morgan's format strings, on lines that morgan wrote with them."""

from pathlib import Path

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.apps.morgan_format import DIALECT

DATA = Path(__file__).parent / "data"
WRITTEN = (
    ":method :url :status :response-time ms - :res[content-length] :date[iso] :total-time[1] "
    '":req[user-agent]" :remote-addr HTTP/:http-version'
)
FILES = {"morgan_custom.log": WRITTEN, "morgan_dev.log": "dev", "morgan_short.log": "short",
         "morgan_tiny.log": "tiny"}  # fmt: skip


def rows(data, text):
    return parse_template(template_of(text), Chunk.whole(data)).tables["requests"].to_pylist()


@pytest.mark.parametrize("name", FILES)
def test_every_line_that_morgan_wrote_is_a_row(name):
    found = rows((DATA / name).read_bytes(), FILES[name])
    assert len(found) == 10
    first, last = found[0], found[-1]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/orders/17?page=2", 200)
    assert (first["duration_ms"], first["response_bytes"]) == (1.632, 5)
    assert (last["path"], last["status"], last["duration_ms"]) == ("/hang", None, None)
    assert '/a"b' in {row["path"] for row in found}


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (":date[iso]", "2026-11-21T10:00:00.500Z"),
        (":date[clf]", "21/Nov/2026:10:00:00 +0000"),
        (":date", "Sat, 21 Nov 2026 10:00:00 GMT"),
        (":date[web]", "Sat, 21 Nov 2026 10:00:00 GMT"),
    ],
)
def test_each_date_is_the_time_when_the_line_was_written(token, text):
    (row,) = rows(
        f"[{text}] GET /x 250.5 ms\n".encode(), f"[{token}] :method :url :response-time ms"
    )
    ended = row["started_at"].timestamp() + row["duration_ms"] / 1000
    assert ended == pytest.approx(1795255200.0 + 0.5 * (".500" in text), abs=1e-3)


def test_the_total_time_counts_where_there_is_no_other():
    (row,) = rows(b"GET /x 5.5 r1 abc\n", ":method :url :total-time :id :mine")
    assert (row["duration_ms"], row["request_id"]) == (5.5, "r1")


def test_only_its_own_notation_is_morgans():
    assert all(map(DIALECT.belongs, ("dev", ":method", ":res[x-cache]")))
    assert not any(map(DIALECT.belongs, ("%(h)s", "$status", "%h %l", "10:30 :mine", "")))
