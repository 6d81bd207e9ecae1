import pyarrow as pa
import pytest

from perfkit import guide
from perfkit.errors import LabError, UsageError
from perfkit.results import Result

RESULT = Result(
    analysis="baseline",
    question="?",
    headline="!",
    arrow=pa.table({"route": ["/orders", "/x"], "p95_ms": [412.0, 3.0]}),
    noun="routes",
)


def said(capsys):
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("01.1", "/orders", "right"),
        ("01.1", "/x", "not quite"),
        ("01.2", 410, "right"),
        ("01.2", "0.41 s", "right"),
        ("01.2", 300, "close"),
        ("01.2", 3, "no; look at"),
        ("01.2", "many", "a number is asked"),
        ("01.1", ..., "not answered yet"),
    ],
)
def test_an_answer_is_right_close_or_told_where_to_look(capsys, question, answer, verdict):
    guide.check(question, answer, RESULT)
    assert verdict in said(capsys)


def test_a_recording_without_the_answer_says_so(capsys):
    empty = Result(
        analysis="b", question="?", headline="!", noun="r", arrow=RESULT.arrow.slice(0, 0)
    )
    guide.check("01.1", "/orders", empty)
    assert "holds no answer" in said(capsys)


def test_an_unknown_question_lists_the_known_ones():
    with pytest.raises(UsageError, match="99"):
        guide.hint("99")


def test_without_a_lab_the_notebook_is_told_why_and_goes_on(capsys, monkeypatch):
    def refuse():
        raise LabError("no PostgreSQL", hint="pip install 'perfkit[lab]'")

    monkeypatch.setattr("perfkit.lab.start", refuse)
    assert guide.shop() is None
    assert "no PostgreSQL" in said(capsys)
