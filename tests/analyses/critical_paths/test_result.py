"""The answer that can be asked what if."""

import pytest

from perfkit.analyses.critical_path import critical_path
from perfkit.analyses.critical_paths.result import CriticalPath
from perfkit.errors import UsageError

MS = 1_000_000


@pytest.fixture
def answer(made):
    rows = [
        ("r", None, 0, 100 * MS, {"kind": "server", "route": "/a", "service": "shop"}),
        ("x", "r", 10 * MS, 40 * MS, {"name": "ask", "service": "shop"}),
        ("y", "x", 10 * MS, 40 * MS, {"name": "look", "service": "stock"}),
    ]
    return critical_path(made.recording(*rows))


def test_it_keeps_the_schedule_for_questions(answer):
    assert isinstance(answer, CriticalPath)
    assert len(answer.paths) == 1
    assert answer.what_if("ask").totals["saves_total_ms"] == 40
    assert answer.what_if("look", factor=0.5).totals["saves_total_ms"] == 20
    assert answer.what_if(service="stock", factor=2).totals["saves_total_ms"] == -40


def test_an_answer_to_a_question_is_a_table_of_routes_and_no_second_schedule(answer):
    asked = answer.what_if("ask")
    assert asked.noun == "routes"
    assert not hasattr(asked, "what_if")
    assert any("keeps every wait" in caveat for caveat in asked.caveats)


def test_asking_does_not_change_what_is_asked(answer):
    before = answer.arrow
    answer.what_if("ask", factor=0)
    assert answer.arrow.equals(before)
    assert answer.what_if("ask", factor=1).totals["saves_total_ms"] == 0


def test_the_factor_cannot_be_taken_for_a_service(answer):
    with pytest.raises(TypeError):
        answer.what_if("ask", "shop")
    with pytest.raises(UsageError):
        answer.what_if("ask", service="stock")


def test_spans_have_the_time_on_the_path(answer):
    spans = answer.spans.set_index("span_id")
    assert spans["path_ms"].to_dict() == {"r": 60, "x": 0, "y": 40}
    assert spans["slack_ms"].to_dict() == {"r": 0, "x": 0, "y": 0}
