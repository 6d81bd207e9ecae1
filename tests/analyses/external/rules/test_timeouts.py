import random

import pytest

RULE = "call-timeouts"


def calls(several, lengths, count=60, **columns):
    """Return one call per trace; ``lengths`` are those of the last ones, the others answer."""
    usual = random.Random(4)

    def write(trace, n):
        left = count - n
        if left <= len(lengths):
            trace.http("http://pay/charge", lengths[left - 1], **columns)
        else:
            trace.http("http://pay/charge", 80 + 40 * usual.random())

    return several(write, count)


def test_errors_just_above_five_seconds_are_a_timeout_of_five_seconds(found, several):
    rows = calls(several, [5001 + n for n in range(6)], status=None, error="ReadTimeout")
    (one,) = found(RULE, rows)
    assert "6 of 60 calls to pay run into a timeout of 5.00 s (10.0 %)" in one.title
    assert one.confidence == "high"
    assert one.severity == "critical"
    assert one.saves_ms == pytest.approx(5003.5 - 500, abs=1)
    assert "Timeout(0.5" in one.fix.snippet
    assert one.saves_times == 6


def test_a_status_of_504_counts_whatever_the_duration(found, several):
    rows = calls(several, [700, 1300, 4100, 2350], status=504)
    (one,) = found(RULE, rows)
    assert "4 of 60 calls to pay time out" in one.title


def test_a_round_duration_of_calls_without_an_error_is_told_with_little_confidence(found, several):
    (one,) = found(RULE, calls(several, [3002, 3004, 3005, 3009, 3011]))
    assert one.confidence == "low"
    assert "3.00 s" in one.title


def test_two_timeouts_are_an_incident(found, several):
    assert not found(RULE, calls(several, [5002, 5003], status=None, error="ReadTimeout"))


def test_durations_around_a_round_number_are_chance(found, several):
    spread = [1000 + 37 * n for n in range(-14, 15)]
    assert not found(RULE, calls(several, spread))


def test_what_usually_lasts_that_long_is_no_timeout(found, several):
    assert not found(RULE, calls(several, [2003 + n % 7 for n in range(50)]))


def test_a_long_poll_is_no_timeout(found, several):
    def write(trace, n):
        trace.http("http://chat/events/poll", 30_002 if n % 3 == 0 else 900 + n)

    assert not found(RULE, several(write, 40))


def test_a_blocking_read_of_a_queue_is_no_timeout(found, several):
    def write(trace, n):
        trace.redis("BLPOP jobs 5", 5002 if n % 2 else 100 + n)

    assert not found(RULE, several(write, 40))


def test_the_deepest_call_is_the_one_that_times_out(found, several):
    def write(trace, n):
        lasts = 5003 if n % 5 == 0 else 60 + n
        outer = trace.http("http://orders/place", lasts + 4)
        server = trace.span(
            "POST /place",
            lasts + 2,
            at=1.5,
            parent=outer,
            kind="server",
            route="/place",
            service="orders",
            status=200,
        )
        error = {"status": None, "error": "deadline exceeded"} if n % 5 == 0 else {}
        trace.http("http://bank/pay", lasts, at=2.0, parent=server, service="orders", **error)

    findings = found(RULE, several(write, 40))
    assert [one.keys["peer"] for one in findings] == ["bank"]


def test_a_deadline_of_grpc_is_a_timeout(found, several):
    def write(trace, n):
        trace.rpc("stock.Stock/Get", 210.0 if n % 4 == 0 else 4.0, status=4 if n % 4 == 0 else 0)

    (one,) = found(RULE, several(write, 40))
    assert one.keys["peer"] == "stock"


def test_an_operation_that_always_takes_that_long_is_no_timeout(found, several):
    def write(trace, n):
        trace.http("http://pay/charge", 80.0 + n)
        trace.http("http://pay/report", 501.0 + n % 5)

    assert not found(RULE, several(write, 40))
