"""Digest exports; those of a real MariaDB are in tests/formats/logs/test_mysql_real."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.model import Chunk
from perfkit.formats.registry import formats
from perfkit.formats.statements.performance_schema import FORMAT

#: Of MySQL 8 (storage/perfschema/table_esms_by_digest.cc), in another order.
RAW = {
    "DIGEST_TEXT": "SELECT `a` FROM `t` WHERE `b` IN (...) ",
    "DIGEST": "0f" * 32,
    "SCHEMA_NAME": "shop",
    "COUNT_STAR": 4,
    "SUM_TIMER_WAIT": 10_000_000_000,
    "MIN_TIMER_WAIT": 1_000_000_000,
    "AVG_TIMER_WAIT": 2_500_000_000,
    "MAX_TIMER_WAIT": 7_000_000_001,
    "SUM_LOCK_TIME": 123_000_000,
    "SUM_ERRORS": 1,
    "SUM_ROWS_SENT": 8,
    "SUM_ROWS_EXAMINED": 80,
    "FIRST_SEEN": "2026-11-21 11:00:00.000001",
    "LAST_SEEN": "2026-11-21 12:00:00.000000",
    "QUANTILE_95": 6_000_000_000,
    "QUANTILE_99": 6_900_000_000,
    "QUERY_SAMPLE_TEXT": "select `a` from `t` where `b` in (1,\n2)",
}
SYS = {
    "query": "SELECT `a` FROM `t` WHERE `b` = ? ",
    "db": "shop",
    "exec_count": 2,
    "err_count": 0,
    "total_latency": "2.00 m",
    "max_latency": "1.50 min",
    "avg_latency": "1.23 us",
    "lock_latency": "0 ps",
    "rows_sent": 3,
    "rows_examined": 5,
    "first_seen": "0000-00-00 00:00:00",
    "last_seen": "2026-11-21 12:00:00",
}


def csv(*rows):
    def cell(value):
        return "NULL" if value is None else '"' + str(value).replace('"', '""') + '"'

    lines = [",".join(rows[0]), *(",".join(map(cell, row.values())) for row in rows)]
    return "\n".join(lines) + "\n"


def tsv(*rows):
    lines = ["\t".join(rows[0])]
    lines += ["\t".join(str(v).replace("\n", "\\n") for v in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def rows(parsed, text, **options):
    return parsed(FORMAT, text.encode(), **options).tables["statement_totals"].to_pylist()


@pytest.mark.parametrize("write", [csv, tsv, lambda *rows: json.dumps(rows)])
def test_picoseconds_become_milliseconds_however_the_table_was_exported(parsed, write):
    text = write(RAW)
    sure = {item.name: item.recognises(text.encode()).confidence for item in formats()}
    assert sure.pop("mysql-digests") >= 0.9
    assert max(sure.values()) < 0.4
    (row,) = rows(parsed, text, zone="Europe/Berlin")
    del row["fingerprint_id"], row["attributes"], row["source"], row["line"]
    assert [str(row.pop(name))[:19] for name in ("since", "until")] == [
        "2026-11-21 10:00:00",
        "2026-11-21 11:00:00",
    ]
    assert row == {
        "statement": RAW["DIGEST_TEXT"].strip(), "system": "mysql", "database": "shop",
        "fingerprint": "select `a` from `t` where `b` in (?)", "user": None,
        "calls": 4, "total_ms": 10.0, "mean_ms": 2.5, "min_ms": 1.0, "max_ms": 7.000000001,
        "stddev_ms": None, "p95_ms": 6.0, "p99_ms": 6.9, "lock_ms": 0.123,
        "rows_returned": 8, "rows_examined": 80, "errors": 1,
    }  # fmt: skip


@pytest.mark.parametrize("sample", [None, "", "select " + "x" * 1017])
def test_without_a_whole_sample_the_digest_is_compared(parsed, sample):
    (row,) = rows(parsed, csv(RAW | {"QUERY_SAMPLE_TEXT": sample}))
    assert row["fingerprint"] == "select a from t where b in (?)"


def test_durations_of_the_sys_schema_are_read_with_their_units(parsed):
    result = parsed(FORMAT, tsv(SYS).encode())
    (row,) = result.tables["statement_totals"].to_pylist()
    assert (row["total_ms"], row["max_ms"], row["mean_ms"]) == (120_000.0, 90_000.0, 0.00123)
    assert (row["lock_ms"], row["calls"], row["since"]) == (0.0, 2, None)
    assert [note.kind for note in result.notes] == ["timezone_assumed"]


def test_shortened_statements_and_lost_digests_are_noted(parsed):
    short = SYS | {"query": "SELECT STATUS , COUNT ( * ) FR ... E `total` > ?"}
    kinds = [note.kind for note in parsed(FORMAT, tsv(SYS, short).encode()).notes]
    assert kinds == ["truncated_statements", "timezone_assumed"]
    lost = RAW | {"DIGEST_TEXT": None, "DIGEST": None, "QUERY_SAMPLE_TEXT": None}
    result = parsed(FORMAT, csv(RAW, lost).encode())
    assert result.tables["statement_totals"]["statement"].to_pylist()[1] is None
    assert "truncated" in {note.kind for note in result.notes}


def test_rows_without_a_count_are_rejected_and_all_lines_add_up(parsed, accounts):
    text = csv(RAW, RAW | {"COUNT_STAR": "x"}, RAW) + "1,2\n"
    result = parsed(FORMAT, text.encode())
    accounts(result, text.count("\n"))
    assert [bad.reason for bad in result.rejected] == [
        "it has another number of columns than the header",
        "it has no number of calls",
    ]


@pytest.mark.parametrize(
    "header", ["query,calls,total_exec_time", "digest_text,count_star", "a", ""]
)
def test_other_tables_are_not_recognised(header):
    assert FORMAT.recognises(f"{header}\n1,2,3\n".encode()).confidence == 0.0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([csv(RAW), tsv(SYS), json.dumps([RAW])]))
def test_any_bytes_behind_a_header_raise_nothing_and_add_up(accounts, noise, text):
    data = text.encode() + noise
    result = FORMAT.parse(Chunk.whole(data))
    accounts(result, result.lines)
