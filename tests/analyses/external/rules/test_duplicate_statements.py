import pytest

RULE = "duplicate-statement"
LITERAL = "SELECT name, value FROM settings WHERE tenant = 'acme'"
BOUND = "SELECT name, value FROM settings WHERE tenant = $1"


def twice(text, between=lambda trace: trace.http("http://stock/items", 30.0), ms=8.0):
    def write(trace, n):
        trace.sql(text, ms)
        between(trace)
        trace.sql(text, ms)

    return write


def test_the_same_text_twice_is_told(found, several):
    (one,) = found(RULE, several(twice(LITERAL)))
    assert "2 times with the same values, in 6 requests" in one.title
    assert one.saves_ms == pytest.approx(8.0)
    assert "acme" not in str(one)


def test_placeholders_hide_whether_the_values_are_the_same(found, several):
    assert not found(RULE, several(twice(BOUND)))


@pytest.mark.parametrize(("values", "same"), [(("acme", "acme"), True), (("acme", "ajax"), False)])
def test_bound_values_tell(found, several, values, same):
    rows = several(twice(BOUND))
    statements = [row for row in rows if row.get("statement")]
    queries = [
        {"trace_id": row["trace_id"], "span_id": row["span_id"], "parameters": values[n % 2]}
        for n, row in enumerate(statements)
    ]
    assert bool(found(RULE, rows, queries=queries)) is same


@pytest.mark.parametrize(
    "between",
    [
        lambda trace: trace.sql("UPDATE settings SET value = 'x' WHERE tenant = 'acme'"),
        lambda trace: trace.sql("COMMIT"),
        lambda trace: trace.wait(500.0),
    ],
    ids=["a write", "a transaction", "polling"],
)
def test_asking_again_later_is_fine(found, several, between):
    assert not found(RULE, several(twice(LITERAL, between)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT nextval('orders_id')",
        "SELECT 1",
        "SELECT id FROM jobs WHERE state = 'due' FOR UPDATE SKIP LOCKED",
        "SELECT id, name FROM a_rather_long_table WHERE name = 'xyz...",
        "INSERT INTO log (a) VALUES ('b')",
    ],
)
def test_what_is_no_plain_read_is_fine(found, several, text):
    assert not found(RULE, several(twice(text)))


def test_a_few_microseconds_are_fine(found, several):
    assert not found(RULE, several(twice(LITERAL, ms=0.4)))


def test_after_a_failure_it_is_a_retry(found, several):
    def write(trace, n):
        trace.sql(LITERAL, 8.0, error="57P01")
        trace.http("http://stock/items", 30.0)
        trace.sql(LITERAL, 8.0)

    assert not found(RULE, several(write))


def test_a_job_asks_again_what_is_new(found, several):
    assert not found(RULE, several(twice(LITERAL), kind="consumer", route="jobs"))
