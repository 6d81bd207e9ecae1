RULE = "retry-without-backoff"


def retried(waits, *, last=503, url="http://pay/charge/7"):
    def write(trace, n):
        for wait in waits:
            trace.http(url, 40.0, status=503, error="503")
            trace.wait(wait)
        trace.http(url, 40.0, status=last)

    return write


def test_three_attempts_at_once_are_told(found, several):
    (one,) = found(RULE, several(retried([0, 0]), 6))
    assert "tries GET http://pay/charge/{id} 3 times without a wait" in one.title
    assert "6 requests" in one.title
    assert one.saves_ms == 80.0
    assert one.keys["peer"] == "pay"


def test_a_growing_wait_is_fine(found, several):
    assert not found(RULE, several(retried([100, 200]), 6))


def test_a_constant_wait_is_fine(found, several):
    assert not found(RULE, several(retried([100, 100]), 6))


def test_one_retry_at_once_that_succeeds_is_fine(found, several):
    assert not found(RULE, several(retried([0], last=200), 6))


def test_two_requests_are_too_few(found, several):
    assert not found(RULE, several(retried([0, 0]), 2))


def test_items_that_fail_each_are_no_retries(found, several):
    def write(trace, n):
        for item in "abc":
            trace.http(f"http://stock/items/{item}", 40.0, status=503, error="503")

    assert not found(RULE, several(write))


def test_a_deadlock_is_tried_again_at_once(found, several):
    def write(trace, n):
        for _ in range(3):
            trace.sql("UPDATE stock SET n = n - 1 WHERE id = 7", 5.0, error="40P01")

    assert not found(RULE, several(write))


def test_a_storm_is_told_once_and_by_its_own_rule(looked, traces_built):
    findings = looked(traces_built.STORMS["no wait"]()).findings
    assert [one.rule for one in findings] == ["retry-storm"]


def test_a_loop_over_items_is_no_retry_even_if_all_of_them_fail(found, several):
    def write(trace, n):
        for _ in range(3):
            fails = {"status": 503, "error": "503"} if n < 4 else {}
            trace.http("http://mail/send", 40.0, method="POST", **fails)

    assert not found(RULE, several(write, 12))
