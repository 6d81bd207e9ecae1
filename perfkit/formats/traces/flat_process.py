"""Which attributes of a flat row describe the process, and which the span.

Stores of flat events (New Relic, Honeycomb) put the attributes of OpenTelemetry's resource beside
those of the span. Prefixes: OpenTelemetry's semantic conventions, resource attributes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.traces.datadog_objects import encoded

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

__all__ = ["Said", "divided"]

_PREFIXES = (
    "host.",
    "os.",
    "process.",
    "container.",
    "k8s.",
    "cloud.",
    "telemetry.",
    "deployment.",
    "service.version",
    "service.namespace",
    "service.instance.",
    "aws.ecs.",
    "aws.log.",
    "heroku.",
)


class Said(NamedTuple):
    """JSON of what a row says of its span, and of its process (None: nothing)."""

    attributes: bytes
    process: str | None


def divided(values: Mapping[str, Any], columns: Container[str], names: Mapping[str, str]) -> Said:
    """Divide what is in no column; ``names``: a store's own names -> OpenTelemetry's."""
    own: dict[str, Any] = {}
    process: dict[str, Any] = {}
    for name, value in values.items():
        if name in columns or value is None or value == "":
            continue
        if name in names:
            process.setdefault(names[name], value)
        elif _of_process(name):
            process[name] = value
        else:
            own[name] = value
    text = encoded(dict(sorted(process.items()))).decode("utf-8", "replace") if process else None
    return Said(encoded(own), text)


@lru_cache(maxsize=4096)
def _of_process(name: str) -> bool:
    return name.startswith(_PREFIXES)
