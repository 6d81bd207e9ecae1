r"""Envoy's access log in its default format string, and in those of Istio.

``[START_TIME] "METHOD PATH PROTOCOL" RESPONSE_CODE RESPONSE_FLAGS BYTES_RECEIVED BYTES_SENT
DURATION X-ENVOY-UPSTREAM-SERVICE-TIME "X-FORWARDED-FOR" "USER-AGENT" "X-REQUEST-ID" ":AUTHORITY"
"UPSTREAM_HOST"``. Istio writes one, two or three values more behind the flags, as its version
goes, and clusters and addresses at the end. START_TIME is when the request had come, durations are
ms; code 0: no response was begun. Lines of TCP connections (``"- - -" 0``) are irrelevant. The
JSON variant is read as JSON lines are.

Checked: "Access logging" (envoyproxy.io), Istio's "Envoy Access Logs" and pilot's defaults.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from functools import lru_cache

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.cloud.proxy_lines import recognised, rejecting, sampled

__all__ = ["FORMAT"]

_TIME = rb"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\] "
_BEGINS = re.compile(_TIME + rb'"(?!- - -")')
_CONNECTION = re.compile(rb"^" + _TIME + rb'"- - -" 0 .*$', re.MULTILINE)
_QUOTED = rb' "[^"]*"'
_LINE = re.compile(
    _TIME
    + rb'"[^"]*" \d{1,3} [A-Za-z,-]+(?P<between>(?: "[^"]*"| \S+){0,4}?) \d+ \d+ \d+ (?:\d+|-)'
    + _QUOTED * 5
    + rb"(?: |\Z)"
)
_TOKEN = re.compile(rb' ("[^"]*"|\S+)')


def _layout(between: tuple[bool, ...], otherwise: Template | None = None) -> Template:
    """Return the layout with some values behind the flags, of which some are quoted."""
    fields = [
        Field(role="start", unit="iso", name="START_TIME"),
        Field(role="request", name="the request line"),
        Field(role="status", name="RESPONSE_CODE"),
        Field(role="error", name="RESPONSE_FLAGS"),
        *(Field(name="a value behind RESPONSE_FLAGS") for _ in between),
        Field(name="BYTES_RECEIVED"),
        Field(role="response_bytes", name="BYTES_SENT"),
        Field(role="duration", unit="ms", name="DURATION"),
        Field(role="upstream", unit="ms", name="X-ENVOY-UPSTREAM-SERVICE-TIME"),
        Field(role="client", unit="forwarded", name="X-FORWARDED-FOR"),
        Field(name="USER-AGENT"),
        Field(role="request_id", name="X-REQUEST-ID"),
        Field(role="service", name=":AUTHORITY"),
        Field(name="UPSTREAM_HOST"),
        Field(name="what Istio adds"),
    ]
    quotes = ["", *('"' if quoted else "" for quoted in between), ""]
    behind_flags = [f"{one} {two}" for one, two in itertools.pairwise(quotes)]
    tail = [" ", " ", " ", ' "', '" "', '" "', '" "', '" "', '"', ""]
    return Template(
        fields=tuple(fields),
        literals=("[", '] "', '" ', " ", *behind_flags, *tail),
        title="Envoy access log",
        strict=False,
        escaped=False,
        otherwise=otherwise,
    )


_DEFAULT = _layout(())
#: RESPONSE_CODE_DETAILS CONNECTION_TERMINATION_DETAILS "UPSTREAM_TRANSPORT_FAILURE_REASON"
_ISTIO = _layout((False, False, True), _DEFAULT)


def recognises(head: bytes) -> Recognition:
    """Recognise a bracketed time, a request, flags, four numbers and five quoted values."""
    return recognised(head, _LINE, "of Envoy")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests by the layout that most of the first ones have."""
    data = _CONNECTION.sub(b"", chunk.data) if b'"- - -" 0 ' in chunk.data else chunk.data
    whole = Chunk(data=data, head=chunk.head, zone=chunk.zone)
    return rejecting(parse_template(_usual(chunk.head), whole), data, _BEGINS)


@lru_cache(maxsize=16)
def _usual(head: bytes) -> Template:
    found = (_LINE.match(line) for line in sampled(head))
    shapes = Counter(_shape(match["between"]) for match in found if match)
    usual = shapes.most_common(1)[0][0] if shapes else ()
    return _layout(usual, _DEFAULT if usual else _ISTIO)


def _shape(between: bytes) -> tuple[bool, ...]:
    return tuple(token[:1] == b'"' for token in _TOKEN.findall(between))


FORMAT = Format(
    name="envoy",
    title="Envoy and Istio access log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
