import numpy as np

from perfkit.analyses.baseline import baseline


def caveats(built, rows):
    return " ".join(baseline(built(requests=rows)).caveats)


def test_rows_that_stand_for_several_requests_are_said_to_be_weighted(built):
    rows = [{"route": "/a", "duration_ms": 5.0, "weight": 10.0}] * 9
    result = baseline(built(requests=rows))
    assert result.totals["requests"] == 90
    assert any("weighted" in caveat for caveat in result.caveats)
    assert "weighted" not in caveats(built, [{"route": "/a", "duration_ms": 5.0, "weight": 1.0}])


def test_unknown_durations_are_counted(built):
    rows = [{"route": "/a", "duration_ms": 5.0}, {"route": "/a"}, {"route": "/a"}]
    assert "2 of 3 requests have no duration." in caveats(built, rows)


def test_an_ordinary_log_has_none(built):
    rng = np.random.default_rng(1)
    rows = [
        {"route": "/a", "method": "GET", "status": 200, "duration_ms": float(ms)}
        for ms in rng.lognormal(3, 0.3, 400)
    ]
    assert caveats(built, rows) == ""
