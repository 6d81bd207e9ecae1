"""Snippets fit a terminal and mean the same: SQL is compared word by word, code untouched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.results import Fix
from perfkit.views.snippet import snippet_lines


def lines(text, language, width=60):
    return snippet_lines(Fix(text="", snippet=text, language=language), width)


def test_long_sql_is_broken_between_words():
    found = lines(
        "CREATE INDEX CONCURRENTLY x ON orders (user_id, status, created_at DESC);", "sql"
    )
    assert found == [
        "CREATE INDEX CONCURRENTLY x ON orders (user_id, status,",
        "  created_at DESC);",
    ]


WORDS = st.sampled_from(["select", "'a  b'", '"c  d"', "(e,", "f)", "'it''s'", " ", "-1"])


@given(st.lists(WORDS, max_size=40), st.integers(10, 90))
def test_breaking_sql_changes_blanks_between_words_only(words, width):
    text = " ".join(words).strip()
    shown = lines(text, "sql", width)
    assert re.sub(r"\s+", "", "".join(shown)) == re.sub(r"\s+", "", text)
    assert all(line.count("'") % 2 == 0 for line in shown[:-1])
    for literal in ("'a  b'", '"c  d"'):
        assert "\n".join(shown).count(literal) == text.count(literal)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("sql", "select 1 -- " + "why " * 30),
        ("sql", "do $$ begin " + "x; " * 30 + "end $$"),
        ("sql", "select '" + "word " * 30 + "'"),
        ("python", "result = function(" + "argument, " * 20 + ")"),
        ("python", "    # indented comment " + "word " * 20),
    ],
)
def test_what_a_line_break_would_change_stays_whole(language, code):
    assert "".join(lines(code, language)).replace("select  ", "select ").endswith(code[20:])
    assert max(map(len, lines(code, language))) > 60


def test_a_long_comment_goes_on_as_a_comment():
    found = lines("# SQL: " + "select a from t where b = 1 " * 5, "python")
    assert len(found) > 1
    assert all(line.startswith("# ") and len(line) <= 60 for line in found)


def test_hostile_code_is_shown_not_obeyed():
    assert lines("a\x1b[31m\nb", "sql") == ["a\\x1b[31m", "b"]
