import pytest

from perfkit.errors import UsageError
from perfkit.recording import Recording
from perfkit.widgets import baseline, outputs
from perfkit.widgets.baseline import Explorer, explore


@pytest.fixture
def shown(monkeypatch):
    """The texts of the outputs, in the order they were shown or replaced."""
    texts = []
    monkeypatch.setattr(outputs.Place, "show", lambda _, bundle: texts.append(bundle["text/plain"]))
    return texts


def test_it_begins_with_what_it_is_told_and_follows_the_widgets(rec, hostile, half, shown):
    made = Explorer(rec, route=hostile, budget="p95<200ms")
    made.show()
    assert "200 of 400 requests" in shown[-2]
    made.route.value = "/health"
    assert "Shown: /health" in shown[-2]
    made.budget.value = "p95<2ms"
    assert "p95 < 2.00 ms is broken" in shown[-2]
    made.window.value = (half, made.window.value[1])
    assert "from 2026-11-21 10:01:40 UTC" in shown[-2]
    made.picture.value = "against load"
    assert "Load and latency of /health" in shown[-1].replace("\n", " ")


def test_the_ends_of_the_slider_are_open_and_one_stop_is_a_step(rec):
    made = Explorer(rec)
    assert (made.choice.window.start, made.choice.window.end) == (None, None)
    times = [at for _, at in made.window.options]
    made.window.index = (5, 5)
    assert (made.choice.window.start, made.choice.window.end) == (times[5], times[6])
    made.window.index = (len(times) - 1, len(times) - 1)
    assert (made.choice.window.start, made.choice.window.end) == (times[-2], None)


def test_names_from_the_log_are_visible_in_the_list(rec, hostile):
    made = Explorer(rec)
    assert [value for _, value in made.route.options] == [None, hostile, "/health"]
    assert all("\x1b" not in label for label, _ in made.route.options)


def test_an_unknown_route_is_all_of_them(rec):
    assert Explorer(rec, route="/no/such").choice.route is None
    assert Explorer(rec, route=float("nan")).choice.route is None


def test_a_recording_without_times_has_no_slider_to_move(shown):
    made = Explorer(Recording())
    made.show()
    assert made.window.disabled
    assert "all of the time, 0 requests" in shown[-2]


def test_a_typing_error_is_a_sentence(rec, shown):
    made = Explorer(rec)
    made.budget.value = "p95<"
    assert "budget 'p95<' is not understood" in shown[-2]


def test_a_fault_of_ours_does_not_leave_the_last_answer_standing(rec, shown, monkeypatch):
    made = Explorer(rec)
    made.show()

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(baseline.Chosen, "numbers", fail)
    with pytest.raises(ZeroDivisionError):
        made.route.value = "/health"
    assert all("could not be shown" in text for text in shown[-2:])


def test_the_widgets_have_a_twin_for_pages_without_scripts(rec, shown, monkeypatch):
    bundles = []
    monkeypatch.setattr(baseline, "in_notebook", lambda: True)
    monkeypatch.setattr(outputs.Place, "show", lambda _, bundle: bundles.append(bundle))
    explore(rec)
    assert "application/vnd.jupyter.widget-view+json" in bundles[0]
    assert "while the notebook runs" in bundles[0]["text/html"]
    assert len(bundles) == 3


def test_something_else_is_refused():
    with pytest.raises(UsageError):
        explore("requests.log")
