import pytest

SELECT = "duration: 1.000 ms  statement: select {}"


def statements(records, data):
    found = records(data)
    texts = found.messages(found.owner[found.key >= 0]).to_pylist()
    return texts, found.line.tolist(), found.lines.tolist()


def test_lines_without_a_line_end_between_them_are_records_of_their_own(records, log):
    one, two, three = (log((7 + n, SELECT.format(n))) for n in range(3))
    texts, line, lines = statements(records, one[:-1] + two + three)
    assert texts == [SELECT.format(n) for n in range(3)]
    assert (line, lines) == ([1, 1, 2], [1, 0, 1])


def test_the_lines_of_a_glued_record_are_counted_once(records, log):
    one, two = log(SELECT.format("1,\n2")), log(SELECT.format("3,\n4,\n5"))
    texts, line, lines = statements(records, one + one[:-1] + two + one)
    assert texts[2] == SELECT.format("3,\n4,\n5")
    assert (line, lines) == ([1, 3, 4, 7], [2, 2, 2, 2])


@pytest.mark.parametrize("before", ["'", " ", '"', "(", ","])
def test_a_line_of_a_log_within_a_statement_stays_there(records, log, before):
    inner = log("x").decode().rstrip("\n")
    text = SELECT.format(before + inner)
    assert statements(records, log(text, "y"))[0] == [text, "y"]


def test_what_only_looks_like_a_head_stays_where_it_is(records, log):
    text = SELECT.format("2026-11-21 02:00:00.000 UTC who LOG:  x")
    assert statements(records, log("y", text))[0] == ["y", text]
