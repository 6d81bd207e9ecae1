from perfkit.formats.model import Chunk
from perfkit.formats.requests.cloud.cloudfront import FORMAT
from perfkit.formats.requests.cloud.w3c_lines import columns_of, holds

TABS = "date\ttime\tcs-method\tcs-uri-stem\tsc-status\ttime-taken"
HEADER = b"#Version: 1.0\n#Fields: " + TABS.replace("\t", " ").encode() + b"\n"
LINE = b"2026-11-21\t10:00:00\tGET\t/a\t200\t0.250\n"


def test_the_last_line_of_fields_holds():
    assert holds(b"#Fields: a b\nx\n#Fields: c\ny\n", None) == b"c"
    assert holds(b"x\n", b"a b") == b"a b"
    assert holds(b"x #Fields: c\n", b"a b") == b"a b"
    assert holds(b"", None) is None


def test_columns_are_those_of_the_first_line_of_fields():
    assert columns_of(b"#Version: 1.0\n#Fields: date time c(x)\n#Fields: y\n") == [
        "date", "time", "c(x)",
    ]  # fmt: skip
    assert columns_of(b"date time\n") == []


def test_a_chunk_without_header_has_the_columns_of_the_one_before():
    chunk = Chunk(data=LINE, head=HEADER, before=TABS.replace("\t", " ").encode())
    (row,) = FORMAT.parse(chunk).tables["requests"].to_pylist()
    assert (row["path"], row["duration_ms"]) == ("/a", 250.0)


def test_headers_are_irrelevant_however_often_they_come(parsed, accounts):
    for size in (None, 150, 60):
        result = parsed(FORMAT, (HEADER + LINE + LINE) * 3, size=size)
        accounts(result, 12)
        assert (result.used, result.irrelevant) == (6, 6)


def test_other_columns_hold_from_their_header_on(parsed):
    other = b"#Fields: time date sc-status time-taken cs-uri-stem\n"
    data = HEADER + LINE + other + b"10:00:01\t2026-11-21\t404\t-\t/b\n" + HEADER + LINE
    result = parsed(FORMAT, data)
    rows = result.tables["requests"].to_pylist()
    assert [(row["line"], row["path"], row["status"]) for row in rows] == [
        (3, "/a", 200), (5, "/b", 404), (8, "/a", 200),
    ]  # fmt: skip
    assert [row["duration_ms"] for row in rows] == [250.0, None, 250.0]
    assert [f"{row['started_at']:%S.%f}" for row in rows] == ["59.750000", "01.000000", "59.750000"]


def test_lines_that_do_not_fit_are_rejected_and_times_that_are_none_unknown(parsed, accounts):
    odd = LINE.replace(b"10:00:00", b"10:99:00")
    result = parsed(FORMAT, HEADER + LINE[:20] + b"\n" + odd)
    accounts(result, 4)
    assert [bad.line for bad in result.rejected] == [3]
    assert result.tables["requests"]["started_at"].to_pylist() == [None]


def test_lines_without_any_header_are_rejected(parsed, accounts):
    result = parsed(FORMAT, LINE * 3)
    accounts(result, 3)
    assert result.rejected_lines == 3
    assert "#Fields" in result.rejected[0].reason


def test_times_are_in_utc_whatever_the_users_zone(parsed):
    result = parsed(FORMAT, HEADER + LINE, zone="Asia/Tokyo")
    assert f"{result.tables['requests']['started_at'][0].as_py():%H:%M:%S}" == "09:59:59"
    assert not result.notes
