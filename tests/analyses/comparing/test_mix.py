import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.comparing.by_route import by_route
from perfkit.analyses.comparing.latency import latency
from perfkit.analyses.comparing.mix import mix
from perfkit.analyses.comparing.samples import samples_of
from perfkit.recording import as_recording


def divided(before, after):
    observed = by_route(*([as_recording(side, "requests")] for side in (before, after)))
    return mix(observed, list(map(latency, samples_of(observed))))


def plain(**routes):
    names = [name for name, values in routes.items() for _ in values]
    return pa.table(
        {"route": names, "duration_ms": [float(v) for values in routes.values() for v in values]}
    )


def test_a_change_of_the_mix_alone_is_no_latency():
    found = divided(plain(a=[10] * 9, b=[110]), plain(a=[10] * 5, b=[110] * 5)).mean
    assert (found.before_ms, found.after_ms) == (20, 60)
    assert (found.latency_ms, found.mix_ms, found.other_ms) == pytest.approx((0, 40, 0))


def test_a_change_of_latency_alone_is_no_mix():
    found = divided(plain(a=[10] * 8, b=[100] * 2), plain(a=[20] * 4, b=[100])).mean
    assert (found.latency_ms, found.mix_ms) == pytest.approx((8, 0))


def test_both_are_divided_as_kitagawa_does():
    # a: share 0.9 to 0.5, 10 to 20 ms; b: 0.1 to 0.5, 100 to 80 ms
    found = divided(plain(a=[10] * 9, b=[100]), plain(a=[20] * 5, b=[80] * 5)).mean
    assert found.latency_ms == pytest.approx(0.7 * 10 - 0.3 * 20)
    assert found.mix_ms == pytest.approx(-0.4 * 15 + 0.4 * 90)


def test_what_is_on_one_side_only_stands_apart():
    old = plain(a=[10] * 4, b=[10] * 4)
    found = divided(old, plain(a=[10] * 4, b=[10] * 4, c=[100] * 2)).mean
    assert (found.latency_ms, found.mix_ms, found.other_ms) == pytest.approx((0, 0, 18))


def test_the_parts_add_up_and_exchanging_the_sides_turns_them(requests):
    sides = [
        requests({"/a": (300, 10), "/b": (200, 50), "/old": (30, 5)}, seed=1),
        requests({"/a": (100, 12), "/b": (400, 40), "/new": (40, 90)}, seed=2),
    ]
    there, back = divided(*sides), divided(*sides[::-1])
    for part, turned in zip(there.parts, back.parts, strict=True):
        parts = part.latency_ms + part.mix_ms + part.other_ms
        assert parts == pytest.approx(part.after_ms - part.before_ms)
        assert turned.mix_ms == pytest.approx(-part.mix_ms)
        assert turned.latency_ms == pytest.approx(-part.latency_ms)
    assert back.same == pytest.approx(-there.same)


def test_quantiles_of_all_are_numpys(requests):
    before, after = (requests({"/a": (99, 10), "/b": (40, 50)}, seed=seed) for seed in (3, 4))
    parts = {part.measure: part for part in divided(before, after).parts}
    for name, q in (("p50", 0.5), ("p95", 0.95)):
        assert parts[name].before_ms == pytest.approx(np.quantile(before["duration_ms"], q))
        assert parts[name].after_ms == pytest.approx(np.quantile(after["duration_ms"], q))


def test_of_a_single_route_there_is_no_mix():
    assert divided(plain(a=[1, 2]), plain(a=[1, 2], b=[3])) is None
