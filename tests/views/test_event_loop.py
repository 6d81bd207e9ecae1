import html

import numpy as np

from perfkit.analyses.event_loop import event_loop


def test_thinning_keeps_the_longest_block_and_is_said(large_recording):
    result = event_loop(large_recording)
    figure = result.figure
    longest = result.arrow["lag_ms"][0].as_py()
    assert max(np.max(trace.y) for trace in figure.data) == round(longest, 3)
    assert "(100,000 -> " in html.unescape(figure.layout.title.text)
    assert all(len(trace.x) <= 800 for trace in figure.data)


def test_the_legend_counts_all_blocks_of_a_place(large_recording):
    names = [trace.name for trace in event_loop(large_recording).figure.data]
    counts = [int(name.rpartition(": ")[2].split()[0].replace(",", "")) for name in names]
    assert sum(counts) == 100_000
    assert names[-1].startswith("elsewhere")
