import json
import math

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.slo import slo
from perfkit.views.figure_text import as_html, as_text

START = np.datetime64("2026-01-01T00:00:00", "ns")
EVIL = "<script>alert(1)</script>\x1b[31m\u202e</pre><img src=x onerror=y>"


def requests(late, *, route="/orders", every_s=2.0):
    count = len(late)
    at = START + (np.arange(count) * every_s * 1e9).astype("timedelta64[ns]")
    columns = {"route": [route] * count, "duration_ms": np.where(late, 700.0, 50.0)}
    return pa.table({**columns, "started_at": pa.array(at, pa.timestamp("ns", "UTC"))})


def incident(count=7200, **more):
    late = np.random.default_rng(1).random(count) < 0.01
    late[count // 2 : count * 3 // 4] = True
    return requests(late, **more)


def test_the_title_is_the_conclusion_and_the_axes_have_units():
    result = slo(incident(), "p95<200ms")
    figure = result.figure
    title = figure.layout.title.text.replace("<br>", " ").replace("&lt;", "<")
    assert title == result.headline
    assert figure.layout.xaxis.title.text == "time (UTC)"
    assert figure.layout.yaxis.title.text == "burn rate"


def test_steps_show_the_burn_rate_and_lines_the_thresholds():
    figure = slo(incident(), "p95<200ms").figure
    (steps,) = figure.data
    assert steps.line.shape == "hv"
    assert max(steps.y) == 20  # all of it, of which 5 % may
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["1: the budget lasts", "14.4: alert: 1 h and 5 min above 14.4"]


def test_the_time_in_which_an_alert_fires_is_shaded():
    result = slo(incident(), "p95<200ms")
    (band,) = [shape for shape in result.figure.layout.shapes if shape.type == "rect"]
    section = result.sections["Alerts that would have fired"]
    fired = section["fired_at"].cast("int64")[0].as_py()
    assert np.datetime64(band.x0, "ns").astype(int) == fired
    assert band.x0 < band.x1


def test_thresholds_far_above_what_was_seen_are_left_out():
    figure = slo(requests(np.arange(7200) % 50 == 3), "p95<200ms").figure
    assert [note.text for note in figure.layout.annotations] == ["1: the budget lasts"]


def test_a_high_burn_rate_has_a_logarithmic_axis_and_its_lines_are_where_they_belong():
    late = np.zeros(7200, np.bool_)
    late[3000:4000] = True
    figure = slo(requests(late), "p99.9<200ms").figure
    assert figure.layout.yaxis.type == "log"
    assert min(y for y in figure.data[0].y if y is not None) == 0.1
    assert [note.y for note in figure.layout.annotations] == pytest.approx([0, math.log10(14.4)])


def test_without_times_there_is_a_bar_per_route():
    table = incident().drop_columns(["started_at"])
    (bars,) = slo(table, "p95<200ms").figure.data
    assert list(bars.y) == ["/orders: p95 &lt; 200 ms"]
    assert list(bars.text) == ["broken"]


@pytest.mark.parametrize("budget", ["max<1s", "error_rate<1%"])
def test_without_a_burn_rate_there_is_a_sentence(budget):
    figure = slo(incident(), budget).figure
    assert figure.layout.annotations[0].text == "no burn rate is known"


def test_a_month_stays_small():
    figure = slo(requests(np.arange(20_000) % 10 == 0, every_s=130), "p95<200ms").figure
    assert len(figure.to_json()) < 60_000


def test_hostile_routes_are_no_markup():
    for table in (incident(route=EVIL), incident(route=EVIL).drop_columns(["started_at"])):
        result = slo(table, "p95<200ms")
        figure = result.figure
        shown = json.dumps(figure.to_dict(), default=str) + as_html(figure) + result.to_html()
        assert "<script" not in shown
        assert "<img" not in shown
        assert "\x1b" not in as_text(figure) + result.to_text()


def test_the_twin_says_the_same_in_words():
    text = as_text(slo(incident(), "p95<200ms").figure)
    assert "p95 < 200 ms is broken on /orders (p95 700 ms" in text
    assert "/orders: p95 < 200 ms, every" in text
