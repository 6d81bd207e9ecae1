"""Access logs of nginx and Apache, and of whatever writes like them: by content or ``log_format=``.

A combined log has no durations unless somebody added them: that is noted.
"""

from __future__ import annotations

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.divide import divided
from perfkit.formats.requests.access.inferred import COMBINED, inferred, sampled
from perfkit.formats.requests.access.log_format import HINT, OWN, template_of
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.words import Text
from perfkit.formats.requests.cloud.traefik import recognises as recognises_traefik

__all__ = ["FORMAT"]

_LEAST = 0.5


def recognises(head: bytes) -> Recognition:
    """Recognise lines with one layout that has a time, a request line and a status."""
    template = inferred(head)
    if template is None or recognises_traefik(head).confidence:  # which counts requests
        return Recognition(confidence=0.0)
    lines = sampled(head)
    text = Text.of("".join(f"{line}\n" for line in lines).encode("latin-1"))
    share = len(divided(template, text).rows) / len(lines)
    if share < _LEAST:
        return Recognition(confidence=0.0)
    usual = any(
        field.unit == "clf" and field.role in {"time", "start"} for field in template.fields
    )
    return Recognition(
        confidence=(0.9 if usual else 0.45) + 0.08 * share,
        reason=f"{share:.0%} of the lines are requests in one layout",
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse lines by the stated log format, or else by the one that the first lines have."""
    said = chunk.hints.get(HINT)
    template = template_of(said) if said else inferred(chunk.head) or COMBINED
    return parse_template(template, chunk)


FORMAT = Format(
    name=OWN,
    title="access log (nginx, Apache)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
