"""What the access logs of Amazon's load balancers share: three times, and URLs with their host.

The times are seconds and follow one another: until the request was sent to the target, until its
response headers came, until they were sent to the client. -1 means that it never came to that.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.log_lines import groups
from perfkit.formats.requests.access.numbers import decimals
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.apps.values import hosts
from perfkit.formats.requests.cloud.proxy_lines import in_front, place_of, without_port

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.requests.access.fields import Fields

__all__ = ["TIMES", "adapted", "template"]

#: The fields of the three times, in both logs.
TIMES = (
    Field(name="request_processing_time"),
    Field(role="upstream", unit="s", name="target_processing_time"),
    Field(name="response_processing_time"),
)
_NS = pa.timestamp("ns", "UTC")
#: AWS X-Ray: a trace id is a version, eight digits of time and 24 more.
_XRAY = r"Root=1-(?P<time>[0-9a-f]{8})-(?P<rest>[0-9a-f]{24})"


def template(
    fields: Sequence[tuple[Field, bool]], title: str, *, otherwise: Template | None = None
) -> Template:
    """Return fields (and whether each is quoted) between blanks as a template."""
    literals = ['"' if fields[0][1] else ""]
    for (_, before), (_, behind) in itertools.pairwise(fields):
        literals.append(('"' if before else "") + " " + ('"' if behind else ""))
    literals.append('"' if fields[-1][1] else "")
    return Template(
        fields=tuple(field for field, _ in fields),
        literals=tuple(literals),
        title=title,
        strict=False,
        otherwise=otherwise,
    )


def adapted(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    """Add up the times, and take URLs apart."""
    start, end = fields.times("start"), fields.times("time")
    lasted = pc.divide(pc.subtract(end, start).cast(pa.float64()), 1e6)
    ms = pc.coalesce(_sum(fields, found["upstream_ms"]), _positive(lasted))
    before = pc.multiply(pc.fill_null(ms, 0.0), 1e6).cast(pa.int64(), safe=False)
    return found | {
        "duration_ms": ms,
        "started_at": pc.coalesce(start, pc.subtract(end, before)).cast(_NS),
        "client": without_port(found["client"]),
        "service": hosts(found["path"]),
        "path": in_front(found["path"]),
        "trace_id": _trace_id(found["trace_id"]),
    }


def _sum(fields: Fields, target_ms: pa.Array) -> pa.Array:
    ms = target_ms
    for name in ("request_processing_time", "response_processing_time"):
        one = decimals(fields.text, *fields.edges(place_of(fields, name)), 3)
        ms = pc.add(ms, pa.array(one.value, mask=~one.valid))
    # The sum of three decimal numbers, without what adding binary ones leaves behind.
    return pc.round(ms, 6)


def _positive(ms: pa.Array) -> pa.Array:
    return pc.if_else(pc.greater_equal(ms, 0.0), ms, pa.scalar(None, pa.float64()))


def _trace_id(texts: pa.Array) -> pa.Array:
    if texts.null_count == len(texts):
        return texts
    parts = groups(texts, _XRAY)
    return pc.binary_join_element_wise(parts["time"], parts["rest"], "")
