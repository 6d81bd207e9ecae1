"""Calls made again after a failure: found if requests wait for that."""

import pytest

RULE = "retries"
URL = "http://flaky/charge/7"


def retried(waits, *, last=200, ms=8.0, every=1, status=503):
    """Write attempts that fail, with these waits after them, and a last one."""

    def write(trace, n):
        if n % every == 0:
            for wait in waits:
                trace.http(URL, ms, status=status, error=str(status))
                trace.wait(wait)
        trace.http(URL, ms, status=last)

    return write


@pytest.mark.parametrize("waits", [[50, 50], [43, 61], [50, 100, 200], [50]])
def test_retries_that_cost_time_are_told_however_long_they_wait(looked, several, waits):
    result = looked(several(retried(waits), 6))
    (one,) = [one for one in result.findings if one.rule == RULE]
    lost = sum(waits) + len(waits) * 8.05
    assert one.saves_ms == pytest.approx(lost, abs=0.3)
    assert one.saves_times == 6
    assert f"in 6 of 6 requests: flaky fails {6 * len(waits)} times, mostly with 503" in one.title
    assert one.keys["peer"] == "flaky"
    assert result.arrow["retries"].to_pylist() == [6 * len(waits)]


def test_what_fails_in_the_end_as_well_is_lost_whole(found, several):
    (one,) = found(RULE, several(retried([50, 50], last=503), 6))
    assert one.saves_ms == pytest.approx(124, abs=0.3)
    assert "6 of 6 requests fail in the end" in one.fix.text


def test_the_requests_that_make_the_call_are_counted(found, several):
    (one,) = found(RULE, several(retried([50], every=4), 16))
    assert "in 4 of 16 requests" in one.title


@pytest.mark.parametrize(
    ("write", "count"),
    [
        (retried([50, 50]), 2),  # requests
        (retried([0], ms=4.0), 6),  # a connection is made again at once: 4 ms
        (retried([50], every=200), 601),  # 0.7 % of the requests
        (retried([50, 50], status=404), 6),  # an answer
    ],
)
def test_few_or_cheap_ones_are_fine(found, several, write, count):
    assert not found(RULE, several(write, count))


def test_what_other_rules_tell_is_told_once(looked, several, traces_built):
    rules = [one.rule for one in looked(several(retried([0, 0]), 6)).findings]
    assert rules == ["retry-without-backoff"]
    rules = [one.rule for one in looked(traces_built.STORMS["no wait"]()).findings]
    assert rules == ["retry-storm"]
    rules = [one.rule for one in looked(several(retried([50, 50], status=429), 6)).findings]
    assert rules == ["rate-limited"]


def test_a_deadlock_is_none_of_a_service(found, several):
    def write(trace, n):
        for error in ("40P01", None):
            trace.sql("UPDATE stock SET n = n - 1 WHERE id = 7", 25.0, error=error)

    assert not found(RULE, several(write))


def test_a_loop_of_which_one_item_fails_is_no_retry(found, several):
    def write(trace, n):
        for item in range(4):
            fails = {"status": 503, "error": "503"} if item == 1 else {}
            trace.http("http://mail/send", 40.0, method="POST", **fails)

    assert not found(RULE, several(write))


def test_a_call_that_the_request_makes_twice_is_retried_if_it_has_no_body(found, several):
    def twice(method):
        def write(trace, n):
            for status in (503, 200, 200):
                trace.http(URL, 20.0, status=status, method=method)

        return several(write)

    assert len(found(RULE, twice("GET"))) == 1
    assert not found(RULE, twice("POST"))
