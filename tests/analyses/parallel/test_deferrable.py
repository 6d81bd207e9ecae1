"""Trailing calls that tell somebody something could happen after the answer; others could not."""

from __future__ import annotations

import pytest

from perfkit.analyses.parallel.deferrable import findings


def after(call):
    def write(request, n):
        request.sql("SELECT a FROM b WHERE c = $1", 30.0)
        call(request, n)

    return write


def mail(request, n, ms=60.0, **more):
    request.http("http://mail/v1/send-mail", ms, **({"method": "POST"} | more))


GUILTY = {
    "mail": mail,
    "audit": lambda r, n: r.http("http://audit/records", 40.0, method="POST"),
    "analytics": lambda r, n: r.http("https://api.segment.io/v1/track", 40.0, method="POST"),
    "a message": lambda r, n: r.span(
        40.0, kind="producer", category="queue", name="orders publish"
    ),
    "a cache": lambda r, n: r.redis(f"SETEX page:{n} 60 x", 40.0),
    "a row of a log": lambda r, n: r.sql("INSERT INTO audit_log (a) VALUES ($1)", 40.0),
}


@pytest.mark.parametrize("name", GUILTY)
def test_a_trailing_notification_is_found(forest, name):
    (finding,) = findings(forest(after(GUILTY[name])))
    assert (finding.rule, finding.confidence) == ("deferrable", "low")
    assert 39.0 < finding.saves_ms < 61.0
    assert finding.saves_times == 30
    assert finding.keys["route"] == "/page"
    assert "cannot prove" in finding.fix.text
    assert "add_task" in finding.fix.snippet


def _followed(request, n):
    mail(request, n)
    request.http("http://stock/stock", 20.0)


def _work_behind(request, n):
    mail(request, n)
    request.now += 60.0
    request.work(2.0)


def _in_a_transaction(request, n):
    request.sql("BEGIN", 0.3)
    request.sql("INSERT INTO audit_log (a) VALUES ($1)", 40.0)
    request.sql("COMMIT", 1.0)


def _beside_other_writes(request, n):
    request.sql("UPDATE accounts SET a = $1", 20.0)
    request.sql("INSERT INTO audit_log (a) VALUES ($1)", 40.0)


def _beside_a_longer_one(request, n):
    at = request.now
    request.http("http://stock/stock", 100.0, at=at)
    mail(request, n, at=at + 41.0, ms=59.0)


INNOCENT = {
    "followed by another call": _followed,
    "followed by own work": _work_behind,
    "in a transaction": _in_a_transaction,
    "beside other writes": _beside_other_writes,
    "beside a longer call": _beside_a_longer_one,
    "a commit": lambda r, n: r.sql("COMMIT", 40.0),
    "business": lambda r, n: r.http("http://pay/charge", 40.0, method="POST"),
    "a row of business": lambda r, n: r.sql("INSERT INTO orders (a) VALUES ($1)", 40.0),
    "a read": lambda r, n: r.http("http://mail/inbox", 40.0),
    "an invalidation": lambda r, n: r.redis(f"DEL page:{n}", 40.0),
    "short": lambda r, n: r.redis(f"SET page:{n} x", 2.0),
    "sometimes followed": lambda r, n: (_followed if n % 3 == 0 else mail)(r, n),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_other_calls_are_left_alone(forest, name):
    assert findings(forest(after(INNOCENT[name]))) == []


def test_a_failure_that_fails_the_request_says_that_its_answer_counts(forest):
    def write(request, n):
        mail(request, n, status=503 if n % 5 == 0 else 202)
        request.rows[0]["status"] = 500 if n % 5 == 0 else 200

    assert findings(forest(write)) == []


def test_a_failure_that_the_request_survives_is_evidence(forest):
    def write(request, n):
        mail(request, n, status=503 if n % 5 == 0 else 202)
        request.rows[0]["status"] = 200

    (finding,) = findings(forest(write))
    assert finding.confidence == "medium"
    assert "6 requests succeeded although it failed" in finding.fix.text


def test_nine_requests_are_too_few(forest):
    assert findings(forest(after(mail), 9)) == []
    assert len(findings(forest(after(mail), 10))) == 1


def test_without_calls_there_is_nothing_to_find(forest):
    assert findings(forest(lambda request, n: None, 3)) == []
    assert findings(forest(lambda request, n: None, 0)) == []
