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


def answered(*statuses, method="GET"):
    return [
        {"route": "/a", "method": method, "status": status, "duration_ms": 1.0}
        for status, count in statuses
        for _ in range(count)
    ]


def test_requests_given_up_name_the_statuses_that_occur(built):
    assert "20 requests were given up by the client (460)" in caveats(
        built, answered((200, 80), (460, 20))
    )
    both = caveats(built, answered((200, 80), (460, 20), (499, 1)))
    assert "21 requests were given up by the client (460 and 499)" in both
    assert "1 request was given up by the client (499)" in caveats(
        built, answered((200, 80), (499, 1))
    )


def test_one_route_and_several_are_told_apart_in_words(built):
    rows = answered((200, 40)) + answered((200, 40), method="POST")
    assert "Requests on 1 route mix methods (/a: GET POST)" in caveats(built, rows)
    more = [{**row, "route": "/b"} for row in rows]
    assert "Requests on 2 routes mix methods" in caveats(built, rows + more)


def test_a_log_of_refusals_is_said_to_be_one(built):
    lost = caveats(built, answered((200, 20), (404, 80)))
    assert "80.0 % of the requests were not found (404): " in lost
    several = caveats(built, answered((200, 40), (404, 30), (401, 35)))
    assert "61.9 % of the requests were refused (401, 404): " in several
    assert "were answered Gone (410)" in caveats(built, answered((410, 80)))
    assert "were refused (498)" in caveats(built, answered((498, 80)))


def test_half_refusals_or_impatient_clients_are_no_log_of_refusals(built):
    assert caveats(built, answered((200, 50), (404, 50))) == ""
    assert "refusals" not in caveats(built, answered((200, 20), (499, 80)))
    assert caveats(built, answered((None, 80), (404, 0))).startswith("Neither status")
