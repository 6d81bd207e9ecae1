import csv
import io
import random

import numpy as np
import pytest

from perfkit.formats.logs.pg_csv import find_starts, width_of
from perfkit.formats.logs.postgres_csvlog import FORMAT
from perfkit.formats.logs.postgres_stderr import FORMAT as STDERR
from perfkit.formats.registry import formats

NAME = "logs/pg15_start.csv.gz"
LINE = (
    '2026-11-21 02:33:40.{:03} UTC,"u","d",{},"127.0.0.1:51234",6b010304.2e24,{},"SELECT",'
    '2026-11-21 02:33:40 UTC,3/1,0,LOG,00000,"{}",,,,,,,,,"psql","client backend",,-85\n'
)
BACKGROUND = (
    "2026-11-21 02:33:40.122 UTC,,,11812,,6b010304.2e24,1,,2026-11-21 02:33:40 UTC,,0,LOG,00000,"
    '"checkpoint starting: time",,,,,,,,,"","checkpointer",,0\n'
)


def line(number, message="duration: 1.000 ms  statement: select 1", pid=7):
    return LINE.format(number, pid, number, message.replace('"', '""')).encode()


def test_a_real_log_is_recognised_by_this_format_alone(real):
    head = real(NAME)[:65536]
    sure = {item.name: item.recognises(head).confidence for item in formats()}
    assert sure.pop("postgres-csvlog") > 0.9
    assert max(sure.values()) < 0.4


@pytest.mark.parametrize(
    "head",
    [
        b"", b"a,b,c\n1,2,3\n" * 9, b"2026-11-21 02:33:40.122 UTC,a,b,1,c\n" * 9,
        b'2026-11-21 02:33:40,"GET /",200,0.5\n' * 9,
    ],
)  # fmt: skip
def test_other_tables_are_not_recognised(head):
    assert FORMAT.recognises(head).confidence == 0.0


def test_every_row_of_a_real_log_is_read_as_a_csv_reader_reads_it(real, parsed, accounts):
    data = real(NAME)
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    expected = [row for row in csv.reader(io.StringIO(data.decode())) if len(row) == 26]
    timed = [row for row in expected if row[13].startswith("duration: ")]
    queries = result.tables["queries"]
    for name, place in (("session_id", 5), ("user", 1), ("database", 2), ("application", 22)):
        assert queries[name].to_pylist() == [row[place] or None for row in timed]
    texts = [row[13].split(": ", 2)[2].strip() or None for row in timed]
    assert queries["statement"].to_pylist() == texts
    details = [row[14].removeprefix("parameters: ") or None for row in timed]
    assert queries["parameters"].to_pylist() == details


def test_line_numbers_are_those_of_the_file(parsed):
    data = line(1) + line(2, "duration: 1.0 ms  statement: select\n1,\n2") + line(3)
    result = parsed(FORMAT, data)
    assert result.tables["queries"]["line"].to_pylist() == [1, 2, 5]
    assert result.lines == result.used == 5


@pytest.mark.parametrize("size", [300, 4_000, 70_000])
def test_chunks_of_any_size_give_equal_tables(real, parsed, size):
    data = real(NAME)[: 60 * size]
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    assert whole.tables.keys() == cut.tables.keys()
    for table, found in cut.tables.items():
        assert found.to_pylist() == whole.tables[table].to_pylist()
    assert (cut.lines, cut.irrelevant, cut.rejected) == (
        whole.lines,
        whole.irrelevant,
        whole.rejected,
    )


def test_a_log_within_a_statement_is_no_record(parsed):
    inner = (line(5) + BACKGROUND.encode()).decode()
    data = line(1) + line(2, f"duration: 1.0 ms  statement: insert '{inner}'") + line(3)
    for size in (None, 300):
        found = parsed(FORMAT, data, size=size).tables["queries"]
        assert found["line"].to_pylist() == [1, 2, 5]
        assert found["statement"].to_pylist()[1] == f"insert '{inner}'"
    for window in range(len(line(1)) + 60, len(data), 37):
        assert FORMAT.cut(data[:window]) in {0, len(line(1)), len(data) - len(line(3))}


@pytest.mark.parametrize("spoil", [b'",', b'"', b",", b"\0", b'"\n"x', b'\n"', b"\ngarbage\n\n"])
@pytest.mark.parametrize("other", [line(2), BACKGROUND.encode()])
def test_a_damaged_record_costs_itself_alone(parsed, accounts, spoil, other):
    bad = other.replace(b'","', b'",' + spoil + b'"', 1)
    if bad == other:
        bad = other.replace(b",LOG", spoil + b",LOG", 1)
    data = line(0) + line(1) + bad + line(3) + BACKGROUND.encode() + line(4)
    for size in (None, 300):
        result = parsed(FORMAT, data, size=size)
        accounts(result, data.count(b"\n"))
        sessions = result.tables["queries"]["line"].to_pylist()
        extra = bad.count(b"\n")
        assert sessions[:2] == [1, 2]
        assert sessions[-2:] == [3 + extra, 5 + extra]
        assert all(3 <= item.line < 3 + extra for item in result.rejected)
        assert result.rejected or spoil == b'"\n"x'  # which is still a value


@pytest.mark.parametrize("width", [22, 23, 24, 26])
def test_logs_of_every_version_are_read(parsed, width):
    rows = [row[:width] for row in csv.reader(io.StringIO((line(1) * 3).decode()))]
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerows(rows)
    data = output.getvalue().encode()
    assert width_of(data) == width
    row = parsed(FORMAT, data).tables["queries"].to_pylist()[0]
    assert (row["statement"], row["client"]) == ("select 1", "127.0.0.1")
    assert row["application"] == ("psql" if width > 22 else None)


def test_a_log_that_an_upgrade_continued_is_read_throughout(parsed, accounts):
    old = line(1).replace(b',"client backend",,-85', b"")
    data = old * 3 + line(2) * 5
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert result.tables["queries"].num_rows == 8


def test_a_last_line_without_an_end_is_used_when_it_is_whole(parsed):
    assert parsed(FORMAT, line(1) * 2 + line(2)[:-1]).tables["queries"].num_rows == 3
    result = parsed(FORMAT, line(1) * 2 + line(2)[:-60])
    assert result.tables["queries"].num_rows == 2
    assert [bad.line for bad in result.rejected] == [3]


def test_the_place_of_an_error_is_told_as_in_a_text_log(parsed):
    error = line(2, 'column "x" does not exist').replace(b"LOG,00000", b"ERROR,42703")
    error = error.replace(b',,,,,,,,,"psql"', b',,,,,,"select x",8,,"psql"')
    events = parsed(FORMAT, line(1) + error).tables["events"].to_pylist()
    assert events[0]["message"] == 'column "x" does not exist at character 8'
    assert events[0]["sqlstate"] == "42703"
    assert events[0]["attributes"].endswith(b"\nSTATEMENT:  select x")


@pytest.mark.parametrize("seed", range(12))
def test_mutated_real_bytes_never_raise_and_add_up(real, parsed, accounts, seed):
    chance = random.Random(seed)
    data = bytearray(real(NAME)[: 30_000 + 7_001 * seed])
    for _ in range(30):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"\0", b"\xff", b"\n", b'"', b'"",', b"\r\n", b",", b'\n"', b"2026-11-21"]
        )
    broken = bytes(data)
    for size in (None, 2_000):
        result = parsed(FORMAT, broken, size=size)
        accounts(result, broken.count(b"\n") + (broken[-1:] != b"\n"))
        assert result.tables["queries"].num_rows > 20


def test_one_unclosed_quote_in_much_data_takes_linear_time():
    import time

    data = line(1) + b'"' + line(2) * 30_000
    before = time.process_time()
    found = find_starts(data)
    assert time.process_time() - before < 2
    assert len(found.first) > 29_000
    assert np.count_nonzero(found.broken) <= 2


def test_the_text_log_of_the_same_server_is_another_format(real):
    assert FORMAT.recognises(real("logs/pg15_start.log.gz")[:65536]).confidence == 0.0
    assert STDERR.recognises(real(NAME)[:65536]).confidence < 0.4


def test_many_blanks_at_both_ends_of_a_statement_are_not_part_of_it(parsed):
    text = f"duration: 1.0 ms  statement: {' ' * 500}select 1{' ' * 500}"
    found = parsed(FORMAT, line(1) * 2 + line(2, text)).tables["queries"]
    assert found["statement"].to_pylist() == ["select 1"] * 3
