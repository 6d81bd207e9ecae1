"""gunicorn's access_log_format, on lines that gunicorn wrote with it."""

from pathlib import Path

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.apps.gunicorn_format import DIALECT

DATA = Path(__file__).parent / "data"
WRITTEN = '%(h)s %(t)s "%(r)s" %(s)s %(B)s %(D)s %(M)s %(L)s %(T)s %({x-request-id}i)s "%(a)s"'


def rows(data, text):
    return parse_template(template_of(text), Chunk.whole(data)).tables["requests"].to_pylist()


def test_every_line_that_gunicorn_wrote_is_a_row():
    found = rows((DATA / "gunicorn_custom.log").read_bytes(), WRITTEN)
    assert len(found) == 8
    first = found[0]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/orders/17?page=2", 200)
    assert (first["duration_ms"], first["request_id"]) == (0.911, "r-1")
    assert '/a"b' in {row["path"] for row in found}


@pytest.mark.parametrize(
    ("atom", "value", "ms"),
    [("%(D)s", "1500", 1.5), ("%(M)s", "7", 7.0), ("%(L)s", "0.25", 250.0), ("%(T)s", "2", 2000.0)],
)
def test_each_duration_has_its_unit(atom, value, ms):
    (row,) = rows(f'"GET / HTTP/1.1" 200 {value}\n'.encode(), f'"%(r)s" %(s)s {atom}')
    assert row["duration_ms"] == ms


def test_whole_seconds_are_not_read_beside_finer_ones():
    (row,) = rows(b"/x ?a=1 200 0 0.25 -\n", "%(U)s %(q)s %(s)s %(T)s %(L)s %({server}o)s")
    assert row["duration_ms"] == 250.0


def test_only_its_own_notation_is_gunicorns():
    assert DIALECT.belongs("%(h)s")
    assert not any(map(DIALECT.belongs, ("%h %l", "$status", ":method", "%(addr)", "")))
    with pytest.raises(Exception, match="gunicorn"):
        template_of("%(h)s %(Z)s")
