from perfkit.formats.model import Chunk
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.apps.uwsgi_format import DIALECT

#: As uWSGI's documentation shows it, with the duration.
FORMAT = (
    '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(size) %(msecs) %(mine)'
)


def test_a_line_of_a_log_format_is_a_row():
    line = b'::1 - - [21/Nov/2026:10:00:00 +0100] "GET /x?a HTTP/1.1" 200 5 12 v\n'
    parsed = parse_template(template_of(FORMAT), Chunk.whole(line))
    (row,) = parsed.tables["requests"].to_pylist()
    assert (row["method"], row["path"], row["status"]) == ("GET", "/x?a", 200)
    assert (row["client"], row["duration_ms"], row["response_bytes"]) == ("::1", 12.0, 5)
    assert row["started_at"].isoformat() == "2026-11-21T09:00:00+00:00"  # it began then


def test_the_time_in_words_is_read_too():
    line = b"[Sat Nov 21 10:00:00 2026] GET /x 200 1500\n"
    parsed = parse_template(
        template_of("[%(ctime)] %(method) %(uri) %(status) %(micros)"), Chunk.whole(line)
    )
    (row,) = parsed.tables["requests"].to_pylist()
    assert (row["duration_ms"], row["started_at"].hour) == (1.5, 10)


def test_only_its_own_notation_is_uwsgis():
    assert DIALECT.belongs("%(uri)")
    assert not any(map(DIALECT.belongs, ("%(h)s", "$status", "%h %l", ":method", "%(mine)")))
