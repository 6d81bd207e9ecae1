RULE = "over-fetching"


def fetching(told, rows, answer, *, spans=True):
    def write(trace, n):
        trace.sql("SELECT * FROM events WHERE user_id = $1", 60.0, rows=rows if spans else None)
        trace.span("count", 20.0)
        if answer is not None:
            trace.rows[0]["attributes"] = told(http__response__body__size=answer)

    return write


def test_rows_that_the_answer_cannot_hold_are_told(found, several, told):
    (one,) = found(RULE, several(fetching(told, 20_000, 90)))
    assert "fetches 20,000 rows by select * from events where user_id = ?" in one.title
    assert "answers with 90 B" in one.title
    assert 59 < one.saves_ms < 60


def test_rows_told_by_the_table_of_statements_count(found, several, told):
    rows = several(fetching(told, 20_000, 90, spans=False))
    queries = [
        {"trace_id": row["trace_id"], "span_id": row["span_id"], "rows_returned": 20_000}
        for row in rows
        if row.get("statement")
    ]
    assert found(RULE, rows, queries=queries)
    assert not found(RULE, rows)


def test_rows_that_are_answered_are_fine(found, several, told):
    assert not found(RULE, several(fetching(told, 20_000, 900_000)))


def test_few_rows_are_fine(found, several, told):
    assert not found(RULE, several(fetching(told, 300, 90)))


def test_without_the_size_of_the_answer_nothing_is_known(found, several, told):
    assert not found(RULE, several(fetching(told, 20_000, None)))


def test_a_request_that_changes_something_may_need_all_rows(found, several, told):
    rows = several(fetching(told, 20_000, 90), name="POST /invoices/close")
    assert not found(RULE, rows)


def test_an_empty_answer_says_nothing(found, several, told):
    assert not found(RULE, several(fetching(told, 20_000, 0)))
