"""Logs of Microsoft's IIS in W3C's format: columns between blanks, named by a line ``#Fields:``.

``time-taken`` is in milliseconds. Paths come decoded, with a plus sign for a blank.

Checked: "W3C Logging" and "Log File Formats in IIS" (learn.microsoft.com).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.cloud.w3c_lines import Layout, columns_of, holds, parse_w3c

if TYPE_CHECKING:
    from perfkit.formats.requests.access.fields import Fields

__all__ = ["FORMAT"]

_NEEDED = {"date", "time", "cs-method", "cs-uri-stem", "sc-status"}
_ROLES = {
    "time-taken": ("duration", "ms"),
    "sc-status": ("status", ""),
    "sc-bytes": ("response_bytes", ""),
    "c-ip": ("client", ""),
    "cs-method": ("method", ""),
    "cs-uri-stem": ("path", ""),
    "cs-host": ("service", ""),
    "cs(Host)": ("service", ""),
}


def recognises(head: bytes) -> Recognition:
    """Recognise a line ``#Fields:`` with the columns of a server."""
    columns = set(columns_of(head))
    sure = columns >= _NEEDED and not any(name.startswith("x-edge-") for name in columns)
    return Recognition(confidence=0.95 if sure else 0.0, reason="columns of W3C's log format")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests."""
    return parse_w3c(_LAYOUT, chunk)


def _as_it_is(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    del fields
    return found


_LAYOUT = Layout(title="IIS log", separator=" ", roles=_ROLES, adapt=_as_it_is)

FORMAT = Format(
    name="iis",
    title="IIS log (W3C extended format)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
    holds=holds,
)
