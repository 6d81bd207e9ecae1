from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from perfkit.recording import Recording
from perfkit.views import theme
from perfkit.widgets.chosen import PICTURES, Choice, Chosen, said, sentence
from perfkit.widgets.window import Window


def test_the_numbers_are_those_of_the_window_and_the_route(rec, hostile, half):
    choice = Choice(route=hostile, budget="p95<200ms", window=Window(None, half))
    text = Chosen(rec).numbers(choice)["text/plain"]
    assert "before 2026-11-21 10:01:40 UTC, 100 of 200 requests" in text
    assert "p95 < 200 ms is met" in text
    durations = rec.arrow("requests")["duration_ms"].to_numpy()[:200][1::2]
    row = next(line for line in text.splitlines() if line.startswith("/<script>"))
    assert f"{np.quantile(durations, 0.95):.1f}" in row
    assert "/health" not in text


def test_another_window_is_another_verdict(rec, hostile, half):
    choice = Choice(route=hostile, budget="p95<200ms", window=Window(half, None))
    assert "is broken" in Chosen(rec).numbers(choice)["text/plain"]


def test_all_routes_are_a_row_each(rec):
    text = Chosen(rec).numbers(Choice())["text/plain"]
    assert "all routes, all of the time, 400 requests" in text
    assert "/health" in text
    assert "No budget is asked for" in text


def test_names_from_the_log_are_harmless(rec, hostile):
    for picture in PICTURES:
        choice = Choice(route=hostile, budget="p95<1ms", picture=picture)
        chosen = Chosen(rec)
        for bundle in (chosen.numbers(choice), chosen.picture(choice)):
            assert "<script" not in bundle["text/html"]
            assert "\x1b" not in bundle["text/html"] + bundle["text/plain"]


@pytest.mark.parametrize("budget", ["p95<", "mean<3ms", "<b>", "p95<-1s"])
def test_a_budget_that_is_not_understood_is_a_sentence_in_its_place(rec, budget):
    bundle = Chosen(rec).numbers(Choice(budget=budget))
    assert "budget" in bundle["text/plain"]
    assert "hint: " in bundle["text/plain"]
    assert "Traceback" not in bundle["text/plain"]
    assert "<b>" not in bundle["text/html"]
    assert "/health" in bundle["text/plain"], "what does not need the budget is shown"


@pytest.mark.parametrize(
    ("picture", "title"),
    [
        ("over time", "All requests: p95 is highest"),
        ("against load", "Load and latency of all requests"),
        ("routes", "400 requests on 2 routes"),
        ("burn rate", "p95 < 200 ms is broken"),
    ],
)
def test_every_picture_is_a_figure_with_its_twins(rec, picture, title):
    bundle = Chosen(rec).picture(Choice(budget="p95<200ms", picture=picture))
    assert set(bundle) == {theme.PLOTLY, "text/html", "text/plain"}
    assert title in bundle["text/plain"].replace("\n", " ")


@pytest.mark.parametrize(
    "choice",
    [
        Choice(budget="p95<", picture="burn rate"),
        Choice(route="/no/such/route", picture="over time"),
    ],
)
def test_where_there_can_be_no_picture_a_sentence_says_why(rec, choice):
    bundle = Chosen(rec).picture(choice)
    assert set(bundle) == {"text/html", "text/plain"}
    assert "hint: " in bundle["text/plain"]


def test_a_route_without_requests_in_the_window_says_so(rec):
    assert "No request" in Chosen(rec).numbers(Choice(route="/x"))["text/plain"]


def test_nothing_at_all_says_so():
    chosen = Chosen(Recording())
    for picture in PICTURES:
        assert chosen.picture(Choice(picture=picture, budget="p95<1s"))["text/plain"]
    assert "0 requests" in chosen.numbers(Choice())["text/plain"]


def test_summaries_of_load_tests_have_numbers_and_no_course():
    tests = pa.table({"tool": ["k6"], "name": ["/a"], "requests": [100], "p95_ms": [250.0]})
    chosen = Chosen(Recording.from_frames(load_tests=tests))
    choice = Choice(route="/a", budget="p95<200ms")
    assert "p95 < 200 ms is broken" in chosen.numbers(choice)["text/plain"]
    assert "no request has both" in chosen.picture(choice)["text/plain"]


def test_a_window_is_said_in_the_zone_of_the_recording(rec, half):
    abroad = replace(rec, zone="Asia/Kathmandu")
    text = Chosen(abroad).numbers(Choice(window=Window(half, None)))["text/plain"]
    assert "from 2026-11-21 15:46:40 Asia/Kathmandu" in text
    assert said(Window(half, half.replace(minute=9)), "UTC").endswith("10:01:40 to 10:09:40 UTC")
    assert "to 2026-11-22" in said(Window(half, half.replace(day=22)), "UTC")


def test_a_sentence_has_its_hint_on_a_line_of_its_own():
    bundle = sentence("no <such> thing\nhint: type\x07 another")
    assert bundle["text/plain"] == "no <such> thing\nhint: type\\x07 another"
    assert "no &lt;such&gt; thing<br>hint" in bundle["text/html"]
