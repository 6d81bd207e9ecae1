import pytest

RULE = "slow-statement"
SLOW = "SELECT id, name FROM products WHERE name LIKE '%shoe%'"


def test_a_statement_of_half_a_second_is_told_with_what_to_do_next(found, several):
    (one,) = found(RULE, several(lambda t, n: t.sql(SLOW, 620.0 + n)))
    assert one.severity == "critical"
    assert one.fix.snippet.startswith("%%explain\n")
    assert "like ?" in one.fix.snippet
    assert "shoe" not in str(one)
    assert one.saves_ms == pytest.approx(622.5)
    assert one.keys["fingerprint_id"]


def test_a_statement_that_is_most_of_its_request_is_told(found, several):
    (one,) = found(RULE, several(lambda t, n: t.sql(SLOW, 150.0)))
    assert one.severity == "warning"


def test_one_of_several_parts_of_a_request_is_fine(found, several):
    def write(trace, n):
        trace.sql(SLOW, 150.0)
        trace.span("render", 300.0)

    assert not found(RULE, several(write))


def test_a_fast_statement_is_fine_even_if_it_is_all_that_happens(found, several):
    assert not found(RULE, several(lambda t, n: t.sql(SLOW, 60.0)))


def test_one_slow_call_is_an_incident(found, several):
    assert not found(RULE, several(lambda t, n: t.sql(SLOW, 900.0 if n == 3 else 4.0), 40))


def test_what_is_slow_now_and_then_is_told_with_little_confidence(found, several):
    (one,) = found(RULE, several(lambda t, n: t.sql(SLOW, 900.0 if n % 5 == 0 else 4.0), 40))
    assert one.confidence == "low"
    assert "in 8 of 40 calls, else 4.00 ms" in one.title


@pytest.mark.parametrize("text", ["SELECT pg_sleep(2)", "VACUUM orders", "CREATE INDEX a ON b (c)"])
def test_maintenance_and_sleeps_are_fine(found, several, text):
    assert not found(RULE, several(lambda t, n: t.sql(text, 2000.0)))


def test_what_is_repeated_belongs_to_another_analysis(found, several):
    def write(trace, n):
        for item in range(6):
            trace.sql(f"SELECT a FROM b WHERE c = {item}", 510.0)

    assert not found(RULE, several(write))


def test_a_statement_beside_a_longer_call_saves_nothing(found, several):
    def write(trace, n):
        trace.http("http://stock/items", 900.0, at=1.0)
        trace.sql(SLOW, 600.0, at=2.0)

    (one,) = found(RULE, several(write))
    assert one.saves_ms is None


def test_what_a_job_does_is_told_and_no_more(found, several):
    (one,) = found(RULE, several(lambda t, n: t.sql(SLOW, 620.0), kind="internal", route="job"))
    assert one.severity == "info"
