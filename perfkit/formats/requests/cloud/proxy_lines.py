"""What the logs of proxies share: recognition by a line, absolute URLs, lines that are broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import BadLine, Parsed, Recognition, kept
from perfkit.formats.requests.access.words import Text

if TYPE_CHECKING:
    import re

    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.fields import Fields

__all__ = ["in_front", "place_of", "recognised", "rejecting", "sampled", "without_port"]

_SAMPLE = 400
_LONGEST = 16_384
#: A host is in front of the path where a proxy was asked (``GET http://a/b``), and in HTTP/2.
_ORIGIN = r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*"
_LEAST, _MORE = 0.92, 0.06
_UNFINISHED = "it is cut off, or has a value that is no number or time"


def sampled(head: bytes) -> list[bytes]:
    """Return the first lines that are whole."""
    lines = head.split(b"\n", _SAMPLE)
    whole = lines[:-1] or lines
    return [line[:_LONGEST].strip(b"\r\0") for line in whole if line.strip(b" \t\r\0")]


def recognised(head: bytes, line: re.Pattern[bytes], what: str) -> Recognition:
    """Return how sure it is that a log has lines of a kind that nothing else writes."""
    lines = sampled(head)
    fits = sum(line.match(one) is not None for one in lines)
    if not fits:
        return Recognition(confidence=0.0)
    share = fits / len(lines)
    return Recognition(
        confidence=_LEAST + _MORE * share, reason=f"{share:.0%} of the lines are {what}"
    )


def place_of(fields: Fields, name: str) -> int:
    """Return which field of the template has a name."""
    return next(at for at, field in enumerate(fields.template.fields) if field.name == name)


def in_front(urls: pa.Array) -> pa.Array:
    """Return paths without what is in front of them: of ``http://shop:80/a?b``, ``/a?b``."""
    if not pc.any(pc.match_substring(urls, "://")).as_py():
        return urls
    bare = pc.replace_substring_regex(urls, _ORIGIN, "")
    rooted = pc.or_(pc.equal(bare, urls), pc.starts_with(bare, "/"))
    return pc.if_else(rooted, bare, pc.binary_join_element_wise("/", bare, ""))


def without_port(addresses: pa.Array) -> pa.Array:
    """Return clients without their port: of ``[::1]:80`` and of ``::1:80``, ``::1``."""
    bare = pc.replace_substring_regex(addresses.cast(pa.string()), r":[0-9]{1,5}$", "")
    return pc.replace_substring_regex(bare, r"^\[(.*)\]$", r"\1")


def rejecting(
    found: Parsed, data: bytes, begins: re.Pattern[bytes], reason: str = _UNFINISHED
) -> Parsed:
    """Reject those irrelevant lines that begin as a request does, and are none."""
    if not found.irrelevant:
        return found
    text = Text.of(data)
    lost = [row for row in _unused(found, len(text)).tolist() if begins.match(text.line(row))]
    bad = [BadLine.of(row + 1, reason, text.line(row)) for row in lost]
    return replace(
        found,
        rejected=kept([*found.rejected, *bad]),
        rejected_lines=found.rejected_lines + len(bad),
        irrelevant=found.irrelevant - len(bad),
    )


def _unused(found: Parsed, count: int) -> Ints:
    free = np.ones(count, np.bool_)
    for table in found.tables.values():
        free[table["line"].to_numpy() - 1] = False
    return np.flatnonzero(free)
