r"""Traefik's access log in its Common Log Format, which it writes unless told to write JSON.

``127.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /orders HTTP/1.1" 200 17 "-" "curl" 1
"shop@docker" "http://172.18.0.3:8000" 12ms``: behind the user agent how many requests there were
so far, the router, the server, and the duration. The time is when the request had come.

Checked: "Access Logs" (doc.traefik.io), pkg/middlewares/accesslog/logger_formatters.go.
"""

from __future__ import annotations

import re

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.cloud.proxy_lines import recognised, rejecting

__all__ = ["FORMAT", "recognises"]

_BEGINS = re.compile(rb"\S+ - [^\[]{1,200}\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \"")
_LINE = re.compile(_BEGINS.pattern + rb'.* \d+ (?:"[^"]*"|-) (?:"[^"]*"|-) \d+ms\Z', re.DOTALL)
_LAYOUT = Template(
    fields=(
        Field(role="client", name="ClientHost"),
        Field(name="ClientUsername"),
        Field(role="start", unit="clf", name="StartUTC"),
        Field(role="request", name="the request line"),
        Field(role="status", name="OriginStatus"),
        Field(role="response_bytes", unit="clf", name="OriginContentSize"),
        Field(name="Referer"),
        Field(name="User-Agent"),
        Field(name="RequestCount"),
        Field(role="service", name="RouterName"),
        Field(name="ServiceURL"),
        Field(role="duration", unit="ms", name="Duration"),
    ),
    literals=("", " - ", " [", '] "', '" ', " ", ' "', '" "', '" ', ' "', '" "', '" ', "ms"),
    title="Traefik access log",
    strict=False,
)


def recognises(head: bytes) -> Recognition:
    """Recognise a common log format that ends in a count, a router, a server and ms."""
    return recognised(head, _LINE, "of Traefik")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests; what Traefik itself logs between them is irrelevant."""
    return rejecting(parse_template(_LAYOUT, chunk), chunk.data, _BEGINS)


FORMAT = Format(
    name="traefik",
    title="Traefik access log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
