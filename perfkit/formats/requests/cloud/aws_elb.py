"""Access logs of Amazon's Classic Load Balancer; ``timestamp`` is when the request had come.

Lines of TCP and SSL listeners (``"- - - "``) tell of connections: they are irrelevant.

Checked: "Access logs for your Classic Load Balancer" (docs.aws.amazon.com).
"""

from __future__ import annotations

import re

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field
from perfkit.formats.requests.cloud.aws_columns import TIMES, adapted, template
from perfkit.formats.requests.cloud.proxy_lines import recognised, rejecting

__all__ = ["FORMAT"]

_BEGINS = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z [^ ]+ [^ ]+:\d+ ")
_SECONDS = rb" (?:-1|\d+(?:\.\d+)?)"
_LINE = re.compile(
    _BEGINS.pattern + rb"\S+" + _SECONDS * 3 + rb' (?:\d{3}|-) (?:\d{3}|-) \d+ \d+ "[^"]'
)
#: Of connections there is neither a status nor a request.
_REQUEST = re.compile(_BEGINS.pattern + rb"\S+" + _SECONDS * 3 + rb" (?!- -)")
_TITLE = "Classic Load Balancer access log"
_FIRST = (
    (Field(role="start", unit="iso", name="timestamp"), False),
    (Field(name="elb"), False),
    (Field(role="client", name="client:port"), False),
    (Field(name="backend:port"), False),
    *((field, False) for field in TIMES),
    (Field(role="status", name="elb_status_code"), False),
    (Field(name="backend_status_code"), False),
    (Field(name="received_bytes"), False),
    (Field(role="response_bytes", name="sent_bytes"), False),
)
_WHOLE = (Field(role="request", name="request"), True)
#: Before 2015 there was nothing behind the request.
_OLD = template([*_FIRST, _WHOLE], _TITLE)
_LAYOUT = template(
    [
        *_FIRST,
        _WHOLE,
        (Field(name="user_agent"), True),
        (Field(name="ssl_cipher"), False),
        (Field(name="ssl_protocol"), False),
    ],
    _TITLE,
    otherwise=_OLD,
)
_CONNECTION = re.compile(rb'^[^"\n]* - - [^"\n]* "- - - ".*$', re.MULTILINE)


def recognises(head: bytes) -> Recognition:
    """Recognise a time, and three durations between addresses and statuses."""
    return recognised(head, _LINE, "of a Classic Load Balancer")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests; connections are left out."""
    data = _CONNECTION.sub(b"", chunk.data)
    whole = Chunk(data=data, head=chunk.head, zone=chunk.zone)
    return rejecting(parse_template(_LAYOUT, whole, adapt=adapted), data, _REQUEST)


FORMAT = Format(
    name="aws-elb",
    title="AWS Classic Load Balancer access log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
