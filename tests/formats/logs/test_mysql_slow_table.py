"""Exports of mysql.slow_log; those of a real server are in test_mysql_real."""

import pytest

from perfkit.formats.logs.mysql_slow_table import FORMAT
from perfkit.formats.model import Chunk, concatenate

HEADER = "start_time,user_host,query_time,lock_time,rows_sent,rows_examined,db,sql_text,thread_id\n"
ROW = "2026-11-21 11:00:{:02}.500000,app[app] @ web1 [10.0.0.1],00:00:0{}.250000,00:00:00,1,2,shop,"
ROW += '"{}",5\n'
MYSQL = HEADER + ROW.format(12, 2, 'select ""a,\nb""') + ROW.format(13, 1, "select 2;")


def test_mysql_stores_the_end_and_durations_as_clocks(parsed, accounts):
    result = parsed(FORMAT, MYSQL.encode(), zone="Europe/Berlin")
    accounts(result, 4)
    first, second = result.tables["queries"].to_pylist()
    assert (first["statement"], second["statement"]) == ('select "a,\nb"', "select 2")
    assert str(first["started_at"]) == "2026-11-21 10:00:10.250000+00:00"
    assert (first["duration_ms"], first["lock_ms"], first["system"]) == (2250.0, 0.0, "mysql")
    assert (first["client"], first["database"], first["session_id"]) == ("10.0.0.1", "shop", "5")
    assert [note.kind for note in result.notes] == ["timezone_assumed"]


def test_mariadb_stores_the_start_which_is_noted(parsed):
    header = HEADER.replace("thread_id", "thread_id,rows_affected").upper()
    result = parsed(FORMAT, (header + ROW.format(12, 2, "x").replace(",5\n", ",5,0\n")).encode())
    (row,) = result.tables["queries"].to_pylist()
    assert (str(row["started_at"])[11:21], row["system"]) == ("11:00:12.5", "mariadb")
    assert {note.kind for note in result.notes} == {"start_assumed", "timezone_assumed"}


def test_the_servers_own_file_of_mysql_has_twelve_columns_and_no_header(parsed):
    row = '"2026-11-21 11:00:12.5","a[a] @ b []","00:00:02.0","00:00:00",1,2,"shop",0,0,1,"x",5\n'
    assert FORMAT.recognises(row.encode()).confidence >= 0.9
    (found,) = parsed(FORMAT, row.encode()).tables["queries"].to_pylist()
    assert (found["statement"], found["session_id"], found["system"]) == ("x", "5", "mysql")


def test_rows_without_a_time_or_a_statement_are_rejected(parsed, accounts):
    data = MYSQL + ROW.format(99, 1, "x") + ROW.format(14, 1, "").replace('""', "NULL")
    result = parsed(FORMAT, data.encode())
    accounts(result, 6)
    assert [bad.line for bad in result.rejected] == [5, 6]


@pytest.mark.parametrize("size", [1, 150, 400])
def test_pieces_of_any_size_give_the_same_rows(parsed, size):
    data = (MYSQL + "".join(ROW.format(n, 1, f"select {n}\n, 2") for n in range(40))).encode()
    whole, parts, position, lines = parsed(FORMAT, data), [], 0, 0
    while position < len(data):
        wanted = size
        while position + wanted < len(data) and not FORMAT.cut(data[position : position + wanted]):
            wanted *= 2
        ended = position + wanted >= len(data)
        end = len(data) if ended else position + FORMAT.cut(data[position : position + wanted])
        chunk = Chunk(data=data[position:end], head=data, first=not position, last=ended)
        part = FORMAT.parse(chunk)
        parts.append(part.shifted(lines))
        position, lines = end, lines + part.lines
    found = concatenate(parts)
    assert found.tables["queries"].to_pylist() == whole.tables["queries"].to_pylist()
    assert (found.lines, found.irrelevant) == (whole.lines, whole.irrelevant)


@pytest.mark.parametrize(
    "data", [b"", b"time,user,query\n1,2,3\n", b"start_time,sql_text\n", b"[]"]
)
def test_other_tables_are_not_recognised(data):
    assert FORMAT.recognises(data).confidence == 0.0


def test_a_quote_that_is_never_closed_costs_one_row(parsed, accounts):
    text = MYSQL + ROW.format(14, 1, "select 3").replace('",5', ",5") + "goes on\n"
    text += ROW.format(15, 1, "select 4,\n  5") + ROW.format(16, 1, "select 6")
    result = parsed(FORMAT, text.encode())
    accounts(result, 9)
    found = result.tables["queries"].to_pylist()
    assert [row["statement"] for row in found[2:]] == ["select 4,\n  5", "select 6"]
    assert [row["line"] for row in found[2:]] == [7, 9]
    assert [(bad.line, bad.reason) for bad in result.rejected] == [(5, "it is cut off")]
    assert result.rejected_lines == 2
