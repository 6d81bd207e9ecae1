"""Standard logs of Amazon CloudFront: columns between tabs, named by a line ``#Fields:``.

``time-taken`` and the times to the origin's first and last byte are seconds; ``x-edge-result-type``
says what the cache did. Paths are as logged, with what CloudFront encoded. Real-time logs and those
in JSON or Parquet are other formats.

Checked: "Standard logging reference" (docs.aws.amazon.com).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.cloud.w3c_lines import Layout, columns_of, holds, parse_w3c, text_of

if TYPE_CHECKING:
    from perfkit.formats.requests.access.fields import Fields

__all__ = ["FORMAT"]

_EDGE = {"x-edge-location", "x-edge-result-type", "x-edge-request-id"}
_ROLES = {
    "time-taken": ("duration", "s"),
    "origin-lbl": ("upstream", "s"),
    "sc-status": ("status", ""),
    "sc-bytes": ("response_bytes", ""),
    "c-ip": ("client", ""),
    "cs-method": ("method", ""),
    "cs-uri-stem": ("path", ""),
    "x-edge-request-id": ("request_id", ""),
    "x-edge-result-type": ("cache_status", ""),
    "x-host-header": ("service", ""),
}
#: Results of the edge that are failures; the detailed type says which.
_FAILURES = pa.array(["error", "limitexceeded", "capacityexceeded"])


def recognises(head: bytes) -> Recognition:
    """Recognise a line ``#Fields:`` with columns that only CloudFront has."""
    sure = bool(_EDGE & set(columns_of(head)))
    return Recognition(confidence=0.98 if sure else 0.0, reason="columns of CloudFront")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests."""
    return parse_w3c(_LAYOUT, chunk)


def _adapted(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    result = found["cache_status"].cast(pa.string())
    failed = pc.fill_null(pc.is_in(result, _FAILURES), fill_value=False)
    why = pc.coalesce(
        text_of(fields, "x-edge-detailed-result-type"), text_of(fields, "x-edge-result-type")
    )
    return found | {
        "service": pc.coalesce(found["service"].cast(pa.string()), text_of(fields, "cs(Host)")),
        "error": pc.if_else(failed, why, pa.scalar(None, pa.string())),
    }


_LAYOUT = Layout(title="CloudFront log", separator="\t", roles=_ROLES, adapt=_adapted)

FORMAT = Format(
    name="cloudfront",
    title="Amazon CloudFront standard log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    holds=holds,
)
