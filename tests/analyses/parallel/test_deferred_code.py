"""Code that calls later: it names the call, and no name can leave its comment."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel.deferred_code import deferred_code

LANGUAGES = ["python", "javascript", "java", "go", "csharp"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_own_code_that_names_the_call(language):
    code, written = deferred_code("POST mail/send", language)
    assert written == language
    assert code.count("POST mail/send") == 1
    assert "{name}" not in code
    assert code.count("{") == code.count("}")


def test_code_differs_by_language():
    assert len({deferred_code("x", language)[0] for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", [None, "", "cobol", "Python"])
def test_what_is_unknown_gets_python(language):
    assert deferred_code("x", language)[1] == "python"


@given(name=st.text(max_size=200))
def test_python_stays_python_whatever_the_call_is_called(name):
    tree = ast.parse(deferred_code(name, "python")[0])
    assert ast.dump(tree) == ast.dump(ast.parse(deferred_code("x", "python")[0]))


@given(name=st.text(max_size=200), language=st.sampled_from(LANGUAGES))
def test_a_name_adds_no_line(name, language):
    code, _ = deferred_code(name, language)
    assert len(code.splitlines()) == len(deferred_code("x", language)[0].splitlines())
    assert "\\" not in code  # Java reads escapes in comments
