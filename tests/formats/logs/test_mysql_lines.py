import numpy as np
import pytest

from perfkit.formats.logs.mysql_lines import ERROR, find_records, is_opening

OPENED = [
    "/usr/sbin/mysqld, Version: 8.0.36 (Source). started with:",
    "Tcp port: 3306  Unix socket: /tmp/mysql.sock",
    "Time                 Id Command    Argument",
]
RECORD = [
    "# Time: 261121 11:00:12",
    "# User@Host: a[a] @ b []",
    "# Thread_id: 7  Schema: shop  QC_hit: No",
    "# Query_time: 2.5  Lock_time: 0.0  Rows_sent: 1  Rows_examined: 10",
    "# Error 1265 Data truncated",
    "use shop;",
    "SET timestamp=1795258812;",
    "select 1,",
    "# Error 9 in the statement",
    "2;",
]


def found(*lines, short=False):
    return find_records("".join(f"{line}\n" for line in lines).encode(), short=short)


def test_a_record_knows_the_lines_of_its_header_and_where_its_statement_begins():
    records = found(*OPENED, *RECORD)
    names = ("openings", "first", "time", "user", "session", "query", "use", "stamp", "body")
    assert [int(getattr(records, name)[0]) for name in names] == [0, 3, 3, 4, 5, 6, 8, 9, 10]
    assert records.bound.tolist() == [13]
    assert len(records.outside()) == 0


def test_lines_that_are_missing_are_minus_one_and_their_texts_null():
    records = found(*RECORD[1:2], *RECORD[3:4], "select 1;", *RECORD[1:])
    assert (records.time.tolist(), records.session.tolist()) == ([-1, -1], [-1, 4])
    assert (records.stamp.tolist(), records.body.tolist()) == ([-1, 8], [2, 9])
    assert records.lines(records.session).to_pylist() == [None, RECORD[2]]


def test_without_user_lines_records_are_found_only_in_a_short_log():
    lines = [RECORD[3], *RECORD[6:], RECORD[3], "select 3;"]
    assert len(found(*lines).query) == 0
    assert found(*lines, short=True).first.tolist() == [0, 5]


def test_a_server_that_opens_the_log_ends_the_record_before():
    records = found(*RECORD, *OPENED, *RECORD, "started with:")
    assert records.bound.tolist() == [10, 24]
    assert records.openings.tolist() == [10]


def test_of_a_kind_are_only_lines_of_headers():
    records = found(*RECORD, *RECORD)
    lines, owners = records.of_kind(ERROR)
    assert (lines.tolist(), owners.tolist()) == ([4, 14], [0, 1])


def test_what_is_in_no_record_is_outside():
    records = found("a", "b", *RECORD, *OPENED, "c", *RECORD)
    assert records.outside().tolist() == [0, 1, 15]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_opening_has_three_lines_of_which_each_counts(place):
    lines = [line.encode() for line in OPENED]
    assert is_opening(lines)
    lines[place] = b"something else"
    assert not is_opening(lines)


@pytest.mark.parametrize("end", range(1, 120))
def test_a_log_may_end_anywhere(end):
    data = "\n".join(RECORD).encode()[:end]
    records = find_records(data)
    assert len(records.first) == len(records.bound) <= 1
    assert (np.diff(records.starts) > 0).all()
