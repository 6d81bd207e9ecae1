"""Snippets are code in which nothing of the names can leave its comment."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel.deferred_code import deferred_code
from perfkit.analyses.parallel.snippet import comment, snippet

LANGUAGES = ("python", "javascript", "java", "go", "csharp")
MARKS = {"python": "# ", "javascript": "// ", "java": "// ", "go": "// ", "csharp": "// "}


@pytest.mark.parametrize("language", [*LANGUAGES, None, "cobol"])
def test_every_call_is_named_in_its_language(language):
    code, written = snippet([[["GET a"], ["GET b", "GET c"]]], language)
    assert written == (language if language in LANGUAGES else "python")
    for text in ("GET a", "GET b, then GET c"):
        (line,) = [line for line in code.splitlines() if line.endswith(text)]
        assert MARKS[written] in line


def test_python_code_is_python():
    code, _ = snippet([[["a"], ["b"]], [["c"], ["d"]]], "python")
    ast.parse("async def all():\n" + "\n".join(f"    {line}" for line in code.splitlines()))
    assert code.count("TaskGroup") == 2


@given(st.text(), st.sampled_from(LANGUAGES))
def test_a_hostile_name_stays_in_its_comment(name, language):
    plain = snippet([[["x"], ["y"]]], language)[0].splitlines()
    hostile = snippet([[[name], ["y"]]], language)[0].splitlines()
    assert len(plain) == len(hostile)
    assert "\\" not in comment(name)
    later, _ = deferred_code(name, language)
    assert len(later.splitlines()) == len(deferred_code("x", language)[0].splitlines())


def test_java_cannot_be_told_to_end_a_line():
    code, _ = snippet([[["\\u000a evil();"], ["b"]]], "java")
    assert "\\u" not in code
