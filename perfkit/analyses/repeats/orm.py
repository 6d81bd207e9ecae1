"""Which library wrote the statements: told by what the spans say, or by the statements' style."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["database", "library"]

#: Words in names of instrumentations, components, frameworks and spans.
_WORDS = {
    "graphql": "graphql",
    "sqlalchemy": "sqlalchemy",
    "django": "django",
    "sequelize": "sequelize",
    "typeorm": "typeorm",
    "prisma": "prisma",
    "active_record": "rails",
    "activerecord": "rails",
    "active record": "rails",
    "rails": "rails",
    "hibernate": "hibernate",
    "jakarta.persistence": "hibernate",
    "spring-data": "hibernate",
    "spring data": "hibernate",
    "entityframework": "entity framework",
    "entity framework": "entity framework",
    "gorm": "gorm",
    "laravel": "eloquent",
    "eloquent": "eloquent",
}
#: Where instrumentations name themselves: OpenTelemetry's scope (as attribute in Jaeger and
#: Zipkin), Datadog's component, sqlcommenter's tags in the statement.
_SCOPES = re.compile(
    r"(?:meta\.)?(?:otel\.scope\.name|otel\.library\.name|scope\.name|component|framework|"
    r"db\.orm|_dd\.base_service|span\.kind\.library|graphql\.\w+(?:\.\w+)*)"
)
_COMMENT = re.compile(r"/\*.*?(?:framework|db_driver)='([^']{1,80})'.*?\*/", re.DOTALL)
# The styles of statements. Sources: what the libraries themselves send (see the tests).
_STYLES: Sequence[tuple[str, re.Pattern[str]]] = (
    ("prisma", re.compile(r'SELECT "\w+"\."\w+"\."\w+".*\b1=1\b', re.DOTALL)),
    ("rails", re.compile(r'SELECT (?:DISTINCT )?(["`])\w+\1\.\*,? .*?FROM \1\w+\1 ', re.DOTALL)),
    ("typeorm", re.compile(r'SELECT "(\w+)"\."\w+" AS "\1_\w+"')),
    ("sequelize", re.compile(r'FROM (["`])(?:\w+\1\.\1)?\w+\1 AS \1\w+\1')),
    ("sqlalchemy", re.compile(r"SELECT .*?\b(\w+)\.(\w+) AS \1_\2\b", re.DOTALL)),
    ("sqlalchemy", re.compile(r"%\(\w+_\d+\)s|:\w+_\d+\b|\?::\w+ = \w+\.\w+")),
    ("hibernate", re.compile(r"\b[a-zA-Z]\w{0,60}?\d+_(?:\d+)?\.\w+")),
    ("entity framework", re.compile(r"@__\w+_\d+|FROM \[\w+\] AS \[\w+\]")),
    ("django", re.compile(r'SELECT (["`])(\w+_\w+)\1\.\1\w+\1,? .*FROM \1\2\1', re.DOTALL)),
    ("eloquent", re.compile(r"^select \* from ([`\"])\w+\1 where \1\w+\1\.\1\w+\1 (?:=|in)")),
    ("gorm", re.compile(r"^SELECT \* FROM ([`\"])\w+\1 WHERE \1\w+\1\.\1\w+\1 (?:=|IN)")),
)
_LANGUAGES = ("telemetry.sdk.language", "meta.language", "language", "process.runtime.name")
_SYSTEMS = ("db.system.name", "db.system", "meta.db.system", "meta.db.type", "db.type")
#: Libraries by the language of the process; a style that fits another language is chance.
_OF_LANGUAGE = {
    "python": {"sqlalchemy", "django", "graphql"},
    "ruby": {"rails", "graphql"},
    "nodejs": {"sequelize", "typeorm", "prisma", "graphql"},
    "java": {"hibernate", "graphql"},
    "dotnet": {"entity framework", "graphql"},
    "php": {"eloquent", "graphql"},
    "go": {"gorm", "graphql"},
}
_NAMES = {
    "javascript": "nodejs",
    "node": "nodejs",
    "webjs": "nodejs",
    "jvm": "java",
    "kotlin": "java",
    "cpython": "python",
    ".net": "dotnet",
    "csharp": "dotnet",
    "c#": "dotnet",
    "golang": "go",
}
_LONGEST = 2000


def library(
    statement: str | None,
    told: Mapping[str, Any],
    resource: Mapping[str, Any],
    names: Sequence[str],
) -> tuple[str, str]:
    """Return library and language; "" where nothing tells.

    Args:
        statement: as it was sent.
        told: the attributes of the span.
        resource: what describes its process.
        names: of the spans above it.
    """
    language = _language({**told, **resource})
    said = [str(value) for name, value in told.items() if _SCOPES.fullmatch(name)]
    text = (statement or "")[:_LONGEST]
    said += [found[1].replace("%3A", ":") for found in _COMMENT.finditer(text)]
    said += [*names, *(name for name in told if name.startswith("graphql."))]
    known = _OF_LANGUAGE.get(language)
    for words in said:
        lowered = words.lower()[:200]
        for word, name in _WORDS.items():
            if word in lowered and (known is None or name in known):
                return name, language
    if any(name.lower().startswith(("resolve ", "graphql")) for name in names):
        return "graphql", language
    for name, pattern in _STYLES:
        if (known is None or name in known) and pattern.search(text):
            return name, language
    return "", language


def _language(told: Mapping[str, Any]) -> str:
    for name in _LANGUAGES:
        if value := str(told.get(name) or "").lower():
            word = value.split()[0]
            return _NAMES.get(word, word)
    return ""


def database(told: Mapping[str, Any], statement: str | None) -> str:
    """Return the system, as far as its way to write a list of values goes: ``postgresql`` or "".

    Statements with PostgreSQL's numbered placeholders are its own.
    """
    for name in _SYSTEMS:
        if value := str(told.get(name) or "").lower():
            return (
                "postgresql" if value.startswith(("postgres", "cockroach", "redshift")) else value
            )
    text = statement or ""
    if "`" in text:
        return "mysql"
    return "postgresql" if re.search(r"\$\d|::\w|%\(\w+\)s", text[:_LONGEST]) else ""
