"""The figure of a pool shows the starvation, safely and with few points."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfkit import tables
from perfkit.analyses.pool import pool
from perfkit.recording import Recording
from perfkit.views import figure_text, thinning

START = datetime(2026, 1, 1, tzinfo=UTC)


def starved(count=60, name="shop", hold=0.4, every=0.1, stack="app/x.py:f:1"):
    """One connection, held for ``hold`` s, asked for every ``every`` s."""
    asked = [n * every for n in range(count)]
    got = [max(a, n * hold) for n, a in enumerate(asked)]
    moments = {
        "requested_at": asked,
        "acquired_at": got,
        "released_at": [g + hold for g in got],
    }
    columns = {key: [START + timedelta(seconds=s) for s in of] for key, of in moments.items()}
    columns |= {"pool": [name] * count, "stack": [stack] * count, "busy_ms": [5.0] * count}
    return tables.from_columns("checkouts", columns)


def test_it_shows_use_and_queue_above_and_every_wait_below():
    result = pool(starved())
    in_use, waiting, size, waits = result.figure.data
    assert max(in_use.y) == max(size.y) == 1
    assert max(waiting.y) > 10
    assert len(waits.y) == 60
    assert max(waits.y) == pytest.approx(result.table.loc[0, "max_wait_ms"])
    assert len({(trace.mode, trace.line.dash) for trace in (in_use, waiting, size)}) == 3


def test_the_title_is_the_conclusion_and_hostile_text_stays_text():
    result = pool(starved(name="<img src=x>", stack="<b>:f:1"))
    html = result.figure.to_json()
    assert "<img" not in html
    assert "<b>" not in html
    assert "requests wait for a connection" in result.figure.layout.title.text


def test_many_checkouts_are_thinned_and_the_figure_says_so():
    found = pool(starved(count=6000, every=0.001, hold=0.001)).figure
    assert all(len(trace.x) <= thinning.LIMIT for trace in found.data)
    assert "-> " in found.layout.annotations[0].text
    assert len(found.to_json()) < 300_000


def test_the_text_twin_names_the_series():
    text = figure_text.as_text(pool(starved()).figure)
    assert "wait of one request" in text
    assert "in use" in text


def test_the_pool_of_the_finding_is_drawn():
    calm = starved(name="calm", hold=0.001)
    both = tables.concat([calm, starved(name="hot")], "checkouts")
    waits = pool(Recording.from_frames(checkouts=both)).figure.data[3]
    assert np.max(waits.y) > 1000


def test_nothing_recorded_draws_an_empty_figure():
    assert pool(Recording()).figure.layout.title.text == "No pool was recorded"
