"""In which language a service is written, as its spans tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit import span_attributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["language"]

# OpenTelemetry's and Elastic's resources, Jaeger's and Datadog's process tags, and the package
# that made the span: "@opentelemetry/instrumentation-http", "io.opentelemetry.jdbc"
_KEYS = (
    "telemetry.sdk.language",
    "service.language.name",
    "process.runtime.name",
    "language",
    "meta.language",
    "jaeger.version",
    "otel.scope.name",
    "otel.library.name",
)
_WORDS = {
    "javascript": r"^@opentelemetry/|\b(?:nodejs|node|webjs|javascript|js|deno|bun)\b",
    "python": r"^opentelemetry\.|python",
    "java": r"^io\.opentelemetry|\b(?:java|jvm|openjdk|kotlin|scala)\b",
    "go": r"^go\.opentelemetry|\bgo(?:lang)?\b",
    "csharp": r"^opentelemetry\.instrumentation\.\w*net|dotnet|\.net\b|c#|csharp",
}
_KNOWN = [(name, re.compile(words, re.IGNORECASE)) for name, words in _WORDS.items()]
_SOME = 3


def language(forest: Forest, rows: Ints) -> str | None:
    """Return ``python``, ``javascript``, ``java``, ``go`` or ``csharp``; None: not told."""
    some = rows[:_SOME].tolist()
    told = [
        *span_attributes.resources(forest.rows, some),
        *span_attributes.attributes(forest.rows, some),
    ]
    return next(_named(told), None)


def _named(told: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for known in told:
        for key in _KEYS:
            text = str(known.get(key, ""))[:200]
            yield from (name for name, words in _KNOWN if words.search(text))
