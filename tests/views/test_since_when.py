import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.since_when import since_when
from perfkit.recording import Recording
from perfkit.views.figure_text import as_text

ORIGIN = 1_767_571_200 * 10**9
EVIL = "<script>alert(1)</script>\x1b[31m</pre><img src=x>"


def recording(routes, text=""):
    rng = np.random.default_rng(0)
    times = np.sort(rng.integers(0, 7200 * 10**9, 2000))
    ms = 20 * np.exp(0.5 * (times > 3600 * 10**9) + 0.3 * rng.standard_normal(2000))
    at = pa.array(ORIGIN + times, pa.timestamp("ns", "UTC"))
    parts = [
        pa.table({"started_at": at, "duration_ms": ms * (n + 1), "route": [f"/r{n}{text}"] * 2000})
        for n in range(routes)
    ]
    rec = Recording.from_frames(requests=pa.concat_tables(parts))
    return rec.mark("2026-01-05T00:59:00+00:00", f"deploy 841{text}")


@pytest.fixture(scope="module")
def figure():
    return since_when(recording(9)).figure


def test_the_title_is_the_conclusion(figure):
    title = figure.layout.title.text
    assert title.replace("<br>", " ").startswith("/r8: p50 17")
    assert "8 more of 9 routes changed" in title.replace("<br>", " ")


def test_each_of_the_six_costliest_routes_has_a_panel_with_both_percentiles(figure):
    assert len({trace.yaxis for trace in figure.data}) == 6
    assert [trace.name for trace in figure.data[:2]] == ["p50", "p95"]
    domains = sorted(tuple(figure.layout[f"yaxis{n or ''}"].domain) for n in ("", 2, 3, 4, 5, 6))
    assert all(a[1] < b[0] for a, b in pairwise(domains))


def test_bands_show_the_interval_and_lines_the_time_and_the_deploy(figure):
    kinds = [shape.type for shape in figure.layout.shapes]
    assert kinds.count("rect") == 12  # p50 and p95 of six routes
    marks = [shape for shape in figure.layout.shapes if shape.yref == "paper"]
    assert [shape.x0 for shape in marks] == ["2026-01-05T00:59:00.000000"]
    assert any(note.text == "deploy 841" for note in figure.layout.annotations)


def test_the_twin_says_it_in_words(figure):
    text = as_text(figure)
    assert text.startswith("[figure] /r8: p50")
    assert "p95" in text


def test_hostile_names_are_harmless():
    encoded = since_when(recording(2, EVIL)).figure.to_json()
    assert "<script" not in json.dumps(json.loads(encoded), ensure_ascii=False)
    assert "<img" not in encoded


def test_the_axis_tells_the_time_of_the_recording():
    rec = replace(recording(1), zone="Asia/Tokyo")
    figure = since_when(rec).figure
    assert figure.layout.xaxis.title.text == "time (Asia/Tokyo)"
    assert str(figure.data[0].x[0]).startswith("2026-01-05T09:0")
    assert "since 09:59" in figure.layout.title.text


def test_no_change_is_a_sentence_without_axes():
    figure = since_when(Recording()).figure
    assert not figure.data
    assert figure.layout.xaxis.visible is False


def test_statements_are_named_by_their_text():
    rec = recording(1)
    table = rec.arrow("requests")
    queries = pa.table(
        {
            "started_at": table["started_at"],
            "duration_ms": table["duration_ms"],
            "statement": ["select 1 from t where a = 5"] * table.num_rows,
        }
    )
    figure = since_when(queries, by="fingerprint").figure
    assert any("select ? from t" in note.text for note in figure.layout.annotations)
