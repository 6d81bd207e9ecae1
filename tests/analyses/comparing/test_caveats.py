import numpy as np
import pyarrow as pa

from perfkit.analyses.compare import compare
from perfkit.recording import Note, Recording


def said(result, words):
    return any(words in caveat for caveat in result.caveats)


def test_another_load_is_noted(requests):
    before, after = (requests({"/a": (400, 10)}, seed=seed) for seed in (0, 1))
    assert not said(compare(before, after), "The load was another")
    times = pa.array(np.arange(400) * 50_000_000 // 3, pa.timestamp("ns", "UTC"))
    faster = after.set_column(0, "started_at", times)
    assert said(compare(before, faster), "20 requests per second before, 60.1 after")


def test_strong_dependence_is_noted(requests):
    table = requests({"/a": (600, 10)})
    bursts = table.set_column(2, "duration_ms", [np.repeat(table["duration_ms"][:20], 30)])
    assert said(compare(bursts, bursts), "strongly dependent")
    assert not said(compare(table, table), "strongly dependent")


def test_too_few_samples_are_noted(requests):
    before = requests({"/a": (50, 10), "/b": (3, 10)})
    assert said(compare(before, before), "1 of 2 routes have fewer than 6 samples")


def test_what_limits_each_side_is_passed_on(requests):
    clean = Recording.from_frames(requests=requests({"/a": (50, 10)}))
    noted = clean.with_quality(Note(kind="truncated", message="the export ends early."))
    assert said(compare(clean, noted), "after: the export ends early.")


def test_what_is_new_is_left_out_of_latency_and_mix(requests):
    before = requests({"/a": (100, 10), "/b": (100, 20)})
    after = requests({"/a": (100, 10), "/b": (100, 20), "/new": (100, 500)}, seed=1)
    assert said(compare(before, after), "told of the 2 that are on both sides")


def test_a_side_of_one_run_drifts_as_the_other_does(requests):
    runs = [requests({"/a": (50, 10)}, seed=seed) for seed in range(4)]
    assert said(compare(runs[:3], runs[3]), "drift from run to run as the other does")
