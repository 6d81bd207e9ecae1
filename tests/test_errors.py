import builtins
import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell

from perfkit import errors
from perfkit.errors import InputError, MissingExtra, PerfkitError

KINDS = [getattr(errors, name) for name in errors.__all__]
PARENTS = {
    "InputError": ValueError,
    "MissingColumn": KeyError,
    "MissingExtra": ImportError,
    "UsageError": ValueError,
    "NotConnected": ConnectionError,
    "TargetRefused": PermissionError,
    "QueryFailed": RuntimeError,
    "LabError": RuntimeError,
}


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_cell("from perfkit.errors import *")
    yield shell
    PerfkitError.tracebacks = False
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_its_sentence_and_its_hint_on_two_lines(kind):
    assert str(kind("app.log: is empty", hint="load another")) == (
        "app.log: is empty\nhint: load another"
    )
    assert str(kind("app.log: is empty")) == "app.log: is empty"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_its_hint_on_the_way_from_another_process(kind):
    copy = pickle.loads(pickle.dumps(kind("a: b", hint="c")))
    assert (type(copy), str(copy)) == (kind, "a: b\nhint: c")


@pytest.mark.parametrize(("name", "parent"), PARENTS.items())
def test_an_error_is_caught_as_the_builtin_it_is_one_of(name, parent):
    with pytest.raises(parent, match="a: b"):
        raise getattr(errors, name)("a: b")


def test_the_tree_at_the_top_of_the_file_draws_every_error():
    drawn = {word for word in errors.__doc__.split() if word in errors.__all__}
    assert drawn == set(errors.__all__)
    assert not drawn & set(dir(builtins))


def test_a_terminal_is_not_obeyed_when_a_message_quotes_a_line():
    shown = str(InputError("line 3: '\x1b]0;owned\x07\u202e'\nhint: rm -rf /", hint="a\x9bb"))
    assert shown == "line 3: '\\x1b]0;owned\\x07\\u202e'\\nhint: rm -rf /\nhint: a\\x9bb"


def test_a_missing_extra_names_the_line_to_type():
    error = MissingExtra.for_package("fastapi", "lab", "the demo shop")
    assert "the demo shop needs the package 'fastapi'" in str(error)
    assert error.hint == "pip install 'perfkit[lab]'"


def test_a_cell_fails_with_the_sentence_and_without_a_traceback(shell, capsys):
    result = shell.run_cell("raise UsageError('n: is negative', hint='n=200')")
    assert isinstance(result.error_in_exec, errors.UsageError)
    shown = "".join(capsys.readouterr())
    assert "UsageError: n: is negative\nhint: n=200" in shown
    assert "Traceback" not in shown


def test_tracebacks_come_back_when_they_are_asked_for(shell, capsys):
    shell.run_cell("PerfkitError.tracebacks = True")
    shell.run_cell("def inner():\n    raise UsageError('n: is negative')\ninner()")
    shown = "".join(capsys.readouterr())
    assert "Traceback (most recent call last)" in shown
    assert "in inner" in shown


def test_a_bug_keeps_its_traceback(shell, capsys):
    shell.run_cell("raise ZeroDivisionError('a bug')")
    assert "Traceback" in "".join(capsys.readouterr())
