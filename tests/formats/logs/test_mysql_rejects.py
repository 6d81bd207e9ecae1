import pyarrow as pa

from perfkit.formats.logs.mysql_lines import find_records
from perfkit.formats.logs.mysql_rejects import rejects, without_cut_header

USER = "# User@Host: a[a] @ b []\n"
HEAD = f"{USER}# Query_time: 1  Lock_time: 1 Rows_sent: 1  Rows_examined: 1\n"
STAMP = "SET timestamp=1;\n"


def reasons(log, known=None, *, last=True):
    records = find_records(log.encode())
    count = len(records.first)
    texts = [
        log.encode()[records.starts[a] : records.starts[b]].decode().strip("; \n")
        for a, b in zip(records.body, records.bound, strict=True)
    ]
    found = rejects(records, pa.array(known or [True] * count), pa.array(texts), last=last)
    return [(bad.line, bad.reason) for bad in found.bad], found.lines, found.good.tolist()


def test_a_record_is_rejected_for_its_numbers_its_text_and_holes():
    log = HEAD + STAMP + "a;\n" + HEAD + STAMP + HEAD + STAMP + "b" + "\0" * 16 + ";\n"
    bad, lines, good = reasons(log, [False, True, True])
    assert bad == [
        (1, "its numbers cannot be read"),
        (5, "it has no statement"),
        (8, "it holds a run of NUL bytes"),
    ]
    assert (lines, good) == (11, [])


def test_only_the_last_record_of_the_log_can_be_cut_off():
    log = HEAD + STAMP + "select"
    assert reasons(log)[0] == [(1, "it is cut off")]
    assert reasons(log, last=False)[0] == []
    assert reasons(HEAD + STAMP + "select;")[0] == []


def test_lines_outside_are_early_stray_or_cut_off():
    opened = "x, Version: 1. started with:\nTcp port: 1\nTime Id Command Argument\n"
    log = "early\n" + opened + "stray\n\n" + HEAD + STAMP + "a;\n" + opened + "late\n"
    bad, lines, good = reasons(log)
    assert [reason for _, reason in bad] == [
        "its beginning is in an earlier file",
        "it belongs to no record",
        "it is cut off",
    ]
    assert (lines, good) == (3, [0])


def test_the_header_of_a_record_that_was_never_written_is_no_part_of_the_one_before():
    whole = HEAD + STAMP + "a;\n"
    for end in (1, 5, 20, len(USER), len(USER) + 5):
        log = (whole + USER + USER)[: len(whole) + end].encode()
        assert without_cut_header(find_records(log)).bound.tolist() == [4]
    kept = find_records((HEAD + STAMP + "a\n# comment").encode())
    assert without_cut_header(kept) is kept
