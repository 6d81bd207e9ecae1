from datetime import timedelta

import pytest

RULES = ("transaction-across-call", "connection-across-call")
READ, WRITE = "SELECT a FROM cart WHERE user_id = $1", "INSERT INTO orders (user_id) VALUES ($1)"


def ms(value):
    return timedelta(milliseconds=value)


def transaction(trace, n, *, inside=True, took=90.0, end="COMMIT"):
    trace.sql("BEGIN", 0.3)
    trace.sql(READ)
    if inside:
        trace.http("http://pay/charge", took, method="POST")
    trace.sql(WRITE)
    trace.sql(end, 1.0)
    if not inside:
        trace.http("http://pay/charge", took, method="POST")


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_call_between_begin_and_commit_is_told(found, several, end):
    (one,) = found(RULES[0], several(lambda t, n: transaction(t, n, end=end)))
    assert "holds a transaction for" in one.title
    assert "POST http://pay/charge, in 6 requests" in one.title
    assert one.saves_ms is None
    assert one.evidence[0]["held_ms"] > 90
    assert "http://pay/charge" in one.fix.snippet


def test_statements_hidden_in_names_are_read_as_well(found, several):
    def write(trace, n):
        trace.span("pg.query:BEGIN shop", 0.3, kind="client", category="db")
        trace.http("http://pay/charge", 90.0)
        trace.span("pg.query:COMMIT shop", 0.3, kind="client", category="db")

    assert found(RULES[0], several(write))


def test_a_call_below_a_span_of_a_transaction_is_told(found, several):
    def write(trace, n):
        outer = trace.span("ActiveRecord.transaction", 100.0, at=1.0)
        trace.sql(READ, at=2.0, parent=outer)
        trace.http("http://pay/charge", 80.0, at=5.0, parent=outer)

    assert found(RULES[0], several(write))


def test_a_business_transaction_without_statements_is_none(found, several):
    def write(trace, n):
        outer = trace.span("transaction", 100.0, at=1.0)
        trace.http("http://pay/charge", 80.0, at=5.0, parent=outer)

    assert not found(RULES[0], several(write))


@pytest.mark.parametrize("options", [{"inside": False}, {"took": 4.0}])
def test_a_call_after_the_commit_or_a_short_one_is_fine(found, several, options):
    rows = several(lambda t, n: transaction(t, n, **options))
    assert not [one for rule in RULES for one in found(rule, rows)]


def test_a_savepoint_ends_no_transaction(found, several):
    def write(trace, n):
        trace.sql("BEGIN", 0.3)
        trace.sql("ROLLBACK TO SAVEPOINT a", 0.3)
        trace.http("http://pay/charge", 90.0)
        trace.sql("COMMIT", 0.3)

    # begin, no end in between, commit: the statement on the savepoint is passed over
    assert found(RULES[0], several(write))


def test_a_pooled_connection_held_over_a_call_is_told_and_a_returned_one_is_not(
    found, several, traces_built
):
    rows = several(lambda trace, n: trace.http("http://pay/charge", 90.0))
    starts = {row["trace_id"]: row["started_at"] for row in rows if row["parent_id"] is None}

    def held(begin, end):
        at = {trace: (start + ms(begin), start + ms(end)) for trace, start in starts.items()}
        return [
            {"trace_id": trace, "acquired_at": first, "released_at": last}
            for trace, (first, last) in at.items()
        ]

    (one,) = found(RULES[1], rows, checkouts=held(-0.1, 100))
    assert "holds a pooled connection for" in one.title
    assert not found(RULES[1], rows, checkouts=held(95, 100))
    assert not found(RULES[1], rows, checkouts=held(10, 100))  # the call began before
