"""Access logs of Amazon's Application Load Balancer.

``time`` is when the response was sent, ``request_creation_time`` when the request had come. A
duration is the sum of the three times; where one is -1 (the target did not answer in time, say)
it is what passed between these two moments. Fields were added at the end again and again: what is
behind ``ssl_protocol`` may be missing, and what is behind ``error_reason`` is not read.

Checked: "Access logs for your Application Load Balancer" (docs.aws.amazon.com), and lines of such
logs in public code.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.cloud.aws_columns import TIMES, adapted, template
from perfkit.formats.requests.cloud.proxy_lines import recognised, rejecting, sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMAT"]

_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"
_BEGINS = re.compile(rb"(?:https?|h2|grpcs?|wss?) " + _TIME + rb" \S+ ")
_SECONDS = rb" (?:-1|\d+(?:\.\d+)?)"
_LINE = re.compile(
    _BEGINS.pattern + rb"\S+ \S+" + _SECONDS * 3 + rb" (?:\d{3}|-) (?:\d{3}|-) \d+ \d+ \""
)
_TOKEN = re.compile(rb' ("(?:[^"\\]|\\.)*"|[^ "]\S*)')
#: (field, quoted)
_FIRST = (
    (Field(name="type"), False),
    (Field(role="time", unit="iso", name="time"), False),
    (Field(name="elb"), False),
    (Field(role="client", name="client:port"), False),
    (Field(name="target:port"), False),
    *((field, False) for field in TIMES),
    (Field(role="status", name="elb_status_code"), False),
    (Field(name="target_status_code"), False),
    (Field(name="received_bytes"), False),
    (Field(role="response_bytes", name="sent_bytes"), False),
    (Field(role="request", name="request"), True),
    (Field(name="user_agent"), True),
    (Field(name="ssl_cipher"), False),
)
_PROTOCOL = (Field(name="ssl_protocol"), False)
_SECOND = (
    (Field(name="target_group_arn"), False),
    (Field(role="trace_id", name="trace_id"), True),
    (Field(name="domain_name"), True),
    (Field(name="chosen_cert_arn"), True),
    (Field(name="matched_rule_priority"), False),
    (Field(role="start", unit="iso", name="request_creation_time"), False),
    (Field(name="actions_executed"), True),
    (Field(name="redirect_url"), True),
    (Field(role="error", name="error_reason"), True),
)
_TITLE = "Application Load Balancer access log"
#: Whatever else is there is part of its last field.
_OLD = template([*_FIRST, _PROTOCOL], _TITLE)


def recognises(head: bytes) -> Recognition:
    """Recognise a protocol, a time, and three durations between addresses and statuses."""
    return recognised(head, _LINE, "of an Application Load Balancer")


def parse(chunk: Chunk) -> Parsed:
    """Parse lines by the layout that most of the first ones have."""
    found = parse_template(_layout(chunk.head), chunk, adapt=adapted)
    return rejecting(found, chunk.data, _BEGINS)


@lru_cache(maxsize=16)
def _layout(head: bytes) -> Template:
    """Return the layout of most lines, as far as it tells which further fields are quoted."""
    lines = (line for line in sampled(head) if _LINE.match(line))
    shapes = Counter(tuple(token[:1] == b'"' for token in _TOKEN.findall(line)) for line in lines)
    shape = shapes.most_common(1)[0][0] if shapes else ()
    known = (*_FIRST, _PROTOCOL, *_SECOND)
    further = shape[len(known) - 1 :]  # the first token has no blank in front
    if not _begins_with(shape, [quoted for _, quoted in known[1:]]):
        return _OLD
    rest = [(Field(name="a later field"), quoted) for quoted in further]
    return template([*known, *rest], _TITLE, otherwise=_OLD)


def _begins_with(shape: Sequence[bool], first: Sequence[bool]) -> bool:
    return list(shape[: len(first)]) == list(first)


FORMAT = Format(
    name="aws-alb",
    title="AWS Application Load Balancer access log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
