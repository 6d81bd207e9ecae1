"""What the tests of access logs share: lines, fields, real logs, and how servers escape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.access.divide import divided
from perfkit.formats.requests.access.fields import Fields
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.words import Text

DATA = Path(__file__).parent / "data"

#: The log formats that the servers of the real logs had; the others are found out.
OWN_FORMATS = {
    "nginx_own.log": "$msec|$request_method $scheme://$host$request_uri|$status|${request_time}"
    "|$upstream_cache_status|$bytes_sent",
    "nginx_js.log": 'log_format js escape=json \'{"time":"$time_iso8601","request":"$request",'
    '"status":$status,"request_time":"$request_time","ua":"$http_user_agent"}\';',
    "apache_own.log": "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t|%{end:usec}t|%a|%m %U%q %H|%>s|%B"
    "|%{ms}T|%{UNIQUE_ID}e|%400,501{User-agent}i|%^FB|%X",
}


@pytest.fixture(scope="session")
def data():
    """Where the real logs are."""
    return DATA


@pytest.fixture(scope="session")
def own_formats():
    """The log formats of the logs that nobody can guess."""
    return OWN_FORMATS


@pytest.fixture(scope="session")
def column():
    """Put values into lines; return the text, and where the values begin and end."""

    def build(values, before=b"x "):
        lines = [before + value for value in values]
        text = Text.of(b"".join(line + b"\n" for line in lines))
        begin = text.start + len(before)
        return text, begin, begin + np.array([len(value) for value in values], np.int64)

    return build


@pytest.fixture(scope="session")
def fields():
    """Divide lines by a log format."""

    def build(log_format, *lines, zone=None):
        template = template_of(log_format)
        text = Text.of("".join(f"{line}\n" for line in lines).encode())
        return Fields(template, text, divided(template, text), zone)

    return build


@pytest.fixture(scope="session")
def rows():
    """Parse lines by a log format; return the rows of requests."""

    def parse(log_format, *lines, zone=None):
        raw = b"".join(
            (line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines
        )
        found = parse_template(template_of(log_format), Chunk.whole(raw, zone)).tables
        return found["requests"].to_pylist() if found else []

    return parse


def nginx_escaped(value: bytes) -> bytes:
    """Escape as ``ngx_http_log_escape`` does by default."""
    return b"".join(
        b"\\x%02X" % byte if byte in b'"\\' or not 0x20 <= byte <= 0x7E else bytes([byte])
        for byte in value
    )


def apache_escaped(value: bytes) -> bytes:
    """Escape as ``ap_escape_logitem`` does."""
    short = {
        0x08: b"\\b", 0x09: b"\\t", 0x0A: b"\\n", 0x0B: b"\\v", 0x0C: b"\\f", 0x0D: b"\\r",
        0x22: b'\\"', 0x5C: b"\\\\",
    }  # fmt: skip
    return b"".join(
        short.get(byte, bytes([byte]) if 0x20 <= byte <= 0x7E else b"\\x%02x" % byte)
        for byte in value
    )


@pytest.fixture(scope="session", params=[nginx_escaped, apache_escaped], ids=["nginx", "apache"])
def escaped(request):
    """How a server escapes a value."""
    return request.param


@pytest.fixture(scope="session")
def nginx_line():
    """Write a line of the combined format with a duration as nginx does."""

    def write(path, user, referer, agent, at, ms, status):
        values = (user or b"-", b"GET " + path + b" HTTP/1.1", referer, agent)
        user, request, referer, agent = map(nginx_escaped, values)
        when = f"{at:%d/%b/%Y:%H:%M:%S %z}".encode()
        taken = b"%d.%03d" % divmod(ms, 1000)
        return b'127.0.0.1 - %s [%s] "%s" %03d 17 "%s" "%s" %s' % (
            user, when, request, status, referer, agent, taken,
        )  # fmt: skip

    return write


@pytest.fixture(scope="session")
def apache_line():
    """Write a line of the combined format with microseconds as Apache does."""

    def write(path, user, referer, agent, at, us, status):
        values = (user or b"-", b"GET " + path + b" HTTP/1.1", referer, agent)
        user, request, referer, agent = map(apache_escaped, values)
        when = f"{at:%d/%b/%Y:%H:%M:%S %z}".encode()
        return b'127.0.0.1 - %s [%s] "%s" %d 17 "%s" "%s" %d' % (
            user, when, request, status, referer, agent, us,
        )  # fmt: skip

    return write


@pytest.fixture(scope="session")
def shown():
    """Decode bytes as perfkit does: UTF-8, or else Latin-1."""

    def decode(raw):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    return decode
