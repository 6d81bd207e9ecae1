import numpy as np
import pyarrow as pa

from perfkit.analyses.compare import compare
from perfkit.views.figure_text import as_text


def run(factors, seed):
    random = np.random.default_rng(seed)
    names = [name for name in factors for _ in range(60)]
    factor = np.repeat(list(factors.values()), 60)
    return pa.table(
        {"route": names, "duration_ms": factor * np.exp(0.1 * random.normal(size=len(names)))}
    )


def drawn(before, after):
    return compare(run(before, 1), run(after, 2)).figure


def test_every_key_has_its_shift_and_interval_about_the_line_of_no_change():
    figure = drawn({"/a": 10, "/b": 10, "/c": 10}, {"/a": 20, "/b": 10, "/c": 5})
    traces = {trace.name: trace for trace in figure.data}
    assert {name: list(trace.y) for name, trace in traces.items()} == {
        "slower": ["/a"],
        "no change detected": ["/b"],
        "faster": ["/c"],
    }
    slower = traces["slower"]
    assert (
        1.9 < slower.x[0] - slower.error_x.arrayminus[0] < 2 < slower.x[0] + slower.error_x.array[0]
    )
    assert figure.layout.shapes[0].x0 == 1
    assert figure.layout.xaxis.type == "log"  # half and double are equally far
    assert list(figure.layout.yaxis.categoryarray) == ["/a", "/b", "/c"]
    assert figure.layout.title.text.startswith("1 route slower: /a")


def test_verdicts_differ_in_colour_and_in_symbol():
    figure = drawn({"/a": 10, "/b": 10, "/c": 10}, {"/a": 20, "/b": 10, "/c": 5})
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert len({trace.marker.color for trace in figure.data}) == 3


def test_ticks_are_changes_in_per_cent_that_have_room():
    near = drawn({"/a": 10}, {"/a": 10.5}).layout.xaxis
    assert {"+0 %", "0 %"} & set(near.ticktext) == {"0 %"}
    assert "+5 %" in near.ticktext
    both = drawn({"/a": 10, "/b": 10}, {"/a": 14, "/b": 6}).layout.xaxis.ticktext
    assert {"-30 %", "-20 %", "0 %", "+20 %"} <= set(both)
    far = drawn({"/a": 10}, {"/a": 5000}).layout.xaxis
    assert len(far.ticktext) <= 8
    assert "+10,000 %" in far.ticktext


def test_the_text_twin_says_the_same():
    text = as_text(drawn({"/a": 10, "/b": 10}, {"/a": 20, "/b": 10}))
    assert "slower" in text
    assert "/a" in text
    assert "multiple of before" in text


def test_many_keys_are_shown_in_part_and_the_title_says_so():
    factors = {f"/x/route-{chr(97 + i // 26)}{chr(97 + i % 26)}": 10.0 for i in range(40)}
    figure = drawn(factors, factors)
    assert "of 40)" in figure.layout.title.text
    assert sum(len(trace.y) for trace in figure.data) == 25


def test_without_enough_samples_there_is_a_sentence():
    table = pa.table({"route": ["/a"], "duration_ms": [1.0]})
    (note,) = compare(table, table).figure.layout.annotations
    assert "enough samples" in note.text


def test_long_names_that_begin_alike_stay_apart():
    names = {"/" + "x" * 80 + tail: 10.0 for tail in ("a", "b")}
    figure = drawn(names, names)
    assert len(set(figure.layout.yaxis.categoryarray)) == 2
