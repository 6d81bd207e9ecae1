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
RESULT_WITHOUT_ROWS = Result(
    analysis="n_plus_one", question="?", headline="!", noun="r", arrow=RESULT.arrow.slice(0, 0)
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
    guide.check("01.1", "/orders", RESULT_WITHOUT_ROWS)
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


def repeated(*lists):
    """A result of ``n_plus_one``: requests with (repeats, milliseconds saved)."""
    route, text = "/orders", "select ? from items"
    seen = [(route, text, None, n, saves_ms) for n, saves_ms in lists]
    other = [("/other", text, None, 100, 900.0), (route, "select ? from users", None, 80, 1.0)]
    names = ["route", "fingerprint", "url", "repeats", "saves_ms"]
    rows = [dict(zip(names, row, strict=True)) for row in [*seen, *other]]
    return Result(
        analysis="n_plus_one",
        question="?",
        headline="!",
        noun="patterns",
        arrow=pa.Table.from_pylist(rows[:1]),
        series={"occurrences": pa.Table.from_pylist(rows)},
    )


@pytest.mark.parametrize(("answer", "verdict"), [(1.0, "right (1)"), (1.4, "close"), (3, "no;")])
def test_what_each_further_item_costs_is_the_slope_between_short_and_long_lists(
    capsys, answer, verdict
):
    grown = repeated((5, 7.0), (5, 5.0), (5, 6.0), (20, 99.0), (40, 40.0), (40, 41.0), (40, 42.0))
    guide.check("02.4", answer, grown)
    assert said(capsys).startswith(f"02.4: {verdict}")


def test_lists_of_one_length_tell_nothing_about_growth(capsys):
    guide.check("02.4", 1.0, repeated((40, 39.0), (40, 41.0)))
    assert "holds no answer" in said(capsys)


def test_nothing_that_repeats_tells_nothing_about_growth(capsys):
    guide.check("02.4", 1.0, RESULT_WITHOUT_ROWS)
    assert "holds no answer" in said(capsys)
