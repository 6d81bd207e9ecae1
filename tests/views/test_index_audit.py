"""The figure of an index audit: what to create first, else what to drop, the largest on top."""

import pyarrow as pa

from perfkit.results import Result

EMPTY = {
    "write_cost": "",
    "schema": "public",
    "columns": "a",
    "reason": "<b>",
    "calls": None,
    "saves_ms": None,
}


def audit(*rows):
    return Result(
        analysis="index_audit",
        question="Which?",
        headline="2 indexes are missing",
        arrow=pa.Table.from_pylist([EMPTY | {"table": "t", "size_bytes": None} | r for r in rows]),
        noun="indexes",
    )


def test_the_index_that_saves_most_is_on_top_and_says_whether_it_is_proven():
    (bar,) = audit(
        {"action": "drop", "index": "old", "proven": True, "size_bytes": 10**9},
        {"action": "create", "index": "few", "proven": False, "saves_ms": 10.0, "calls": 5},
        {"action": "create", "index": "many", "proven": True, "saves_ms": 8.0, "calls": 1000},
    ).figure.data
    assert list(bar.y) == ["t: many", "t: few"]
    assert list(bar.x) == [8.0, 0.05]
    assert list(bar.text) == ["8.00 s, proven", "50 ms, not proven"]
    assert list(bar.marker.pattern.shape) == ["", "/"]


def test_without_anything_to_create_sizes_are_shown_in_mb():
    figure = audit({"action": "drop", "index": "old", "proven": True, "size_bytes": 2**20}).figure
    assert list(figure.data[0].x) == [1.0]
    assert "MB" in figure.layout.xaxis.title.text
    assert "<b>" not in figure.to_json()


def test_nothing_to_do_and_nothing_known_can_be_drawn():
    kept = audit({"action": "keep", "index": "i", "proven": False})
    unknown = audit({"action": "create", "index": "i", "proven": False})
    assert len(kept.figure.data[0].x or ()) == 0
    assert list(unknown.figure.data[0].x) == [0.0]


def test_more_than_fit_are_counted_and_the_price_stands_in_the_hover():
    rows = [
        {"action": "create", "index": f"i{n}", "proven": True, "saves_ms": 1.0 + n, "calls": 5}
        for n in range(20)
    ]
    figure = audit(
        *rows, {**rows[0], "index": "dear", "saves_ms": 99.0, "write_cost": "2 MB"}
    ).figure
    assert len(figure.data[0].x) == 15
    assert "of 21" in figure.layout.yaxis.title.text
    assert "its price: 2 MB" in figure.data[0].hovertext[0]
