"""Snippets that fit who sends the calls; those in Python are Python."""

from __future__ import annotations

import ast

import pytest

from perfkit.analyses.repeats import snippet_texts
from perfkit.analyses.repeats.snippets import at_once, snippet

SQL = "select a from items where order_id = ?"


@pytest.mark.parametrize(
    ("kind", "library", "language", "words"),
    [
        ("sql", "sqlalchemy", "python", "selectinload"),
        ("sql", "django", "python", "prefetch_related"),
        ("sql", "rails", "ruby", ".includes("),
        ("sql", "sequelize", "nodejs", "include:"),
        ("sql", "hibernate", "java", "join fetch"),
        ("sql", "hibernate", "java", "@BatchSize"),
        ("sql", "graphql", "python", "DataLoader"),
        ("sql", "graphql", "nodejs", "new DataLoader"),
        ("sql", "", "ruby", ".includes("),
        ("sql", "", "python", "selectinload"),
        ("sql", "", "", "prefetch_related"),
        ("cache", "", "", "mget"),
        ("cache", "", "nodejs", "pipeline"),
        ("rpc", "", "go", "Batch"),
        ("http", "", "nodejs", "Promise.all"),
        ("http", "django", "python", "asyncio.gather"),
    ],
)
def test_everyone_gets_words_of_their_own(kind, library, language, words):
    assert words in snippet(kind, library, language, writing=False)[1]


@pytest.mark.parametrize(
    ("library", "words"),
    [
        ("", "insert(Model)"),
        ("django", "bulk_create"),
        ("rails", "insert_all"),
        ("gorm", "Batches"),
    ],
)
def test_writes_are_gathered(library, words):
    assert words in snippet("sql", library, "", writing=True)[1]


def _all():
    for name in snippet_texts.__all__:
        texts = getattr(snippet_texts, name)
        yield from texts.values() if isinstance(texts, dict) else [texts]


def test_snippets_in_python_are_python():
    found = [text for language, text in _all() if language == "python"]
    assert len(found) > 5
    for text in found:
        ast.parse(text)


@pytest.mark.parametrize(
    ("system", "language", "expected"),
    [
        ("postgresql", "python", "# SQL: select a from items where order_id = ANY(:ids)"),
        ("postgresql", "javascript", "// SQL: select a from items where order_id = ANY($1)"),
        ("mysql", "ruby", "# SQL: select a from items where order_id IN (...)"),
        ("", "python", "# SQL: select a from items where order_id = ANY(:ids)"),
        ("microsoft.sql_server", "csharp", "// SQL: select a from items where order_id IN (...)"),
    ],
)
def test_ids_are_written_as_the_system_takes_them(system, language, expected):
    assert at_once(SQL, system, language) == expected
