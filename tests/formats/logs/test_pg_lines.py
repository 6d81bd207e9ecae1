import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_lines import read_records
from perfkit.formats.logs.pg_records import BAD

SELECT = "duration: 1.000 ms  statement: select 1"


def reasons(found):
    return [BAD[code] for code in found.bad]


def everything(found):
    return np.arange(len(found.start))


def test_each_record_knows_its_lines_and_its_text(records):
    found = records(SELECT, "a message\nof three\nlines", "the end")
    assert found.line.tolist() == [1, 2, 5]
    assert found.lines.tolist() == [1, 3, 1]
    assert found.messages(everything(found)).to_pylist() == [
        SELECT, "a message\nof three\nlines", "the end",
    ]  # fmt: skip
    assert reasons(found) == [""] * 3


def test_fields_of_the_prefix_are_columns(records):
    found = records((7, SELECT), (8, "ERROR:  no"))
    rows = everything(found)
    assert found.severity().to_pylist() == ["LOG", "ERROR"]
    assert found.session(rows).to_pylist() == ["7", "8"]
    assert found.field("user", rows).to_pylist() == ["app", "app"]
    assert found.field("nothing", rows).to_pylist() == [None, None]


def test_times_can_be_less_a_duration_and_an_unknown_duration_is_nothing(records):
    found = records(SELECT, SELECT)
    plain = found.times(everything(found)).cast("int64").to_pylist()
    began = found.times(everything(found), np.array([1500.0, np.nan])).cast("int64").to_pylist()
    assert [a - b for a, b in zip(plain, began, strict=True)] == [1_500_000_000, 0]
    assert plain[1] - plain[0] == 10**9


def test_details_belong_to_the_last_message_of_their_own_process(records):
    found = records(
        (7, "ERROR:  broken"), (8, SELECT), (7, "DETAIL:  why"), (8, "DETAIL:  how"),
        (7, "STATEMENT:  select 1"),
    )  # fmt: skip
    assert found.owner.tolist() == [0, 1, 0, 1, 0]


def test_a_detail_without_its_message_is_in_an_earlier_file(records):
    found = records((9, "DETAIL:  alone"), (7, SELECT))
    assert reasons(found) == ["its beginning is in an earlier file", ""]
    assert found.key[0] == -1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: b"a line of another program\n" + data, "begin with the log_line_prefix"),
        (lambda data: b"\tthe end of something\n" + data, "in an earlier file"),
        (lambda data: data.replace(b"select 1", b"sele\0ct", 1), "holds a NUL byte"),
        (lambda data: data.replace(b"2026-11-21", b"2026-02-30", 1), "its time is no time"),
    ],
)
def test_bad_records_are_rejected_alone_with_a_reason(records, log, spoil, reason):
    found = records(spoil(log(SELECT, SELECT, SELECT)))
    bad = [text for text in reasons(found) if text]
    assert len(bad) == 1
    assert reason in bad[0]
    assert reasons(found).count("") >= 2


def test_a_last_line_without_an_end_is_cut_off_only_at_the_end_of_the_file(records, log):
    data = log(SELECT, SELECT)[:-1]
    assert reasons(records(data))[-1].startswith("it has no line end")
    assert reasons(records(data, last=False)) == ["", ""]


def test_blank_lines_are_neither_good_nor_bad(records, log):
    found = records(log(SELECT) + b"\n" + log(SELECT))
    assert found.blank.tolist() == [False, True, False]
    assert (found.bad[1], found.key[1]) == (0, -1)


def test_words_are_cut_at_the_end_of_their_record(records):
    found = records("abc", SELECT)
    assert found.first_words(everything(found), 4).to_pylist()[1] == b"dura"
    assert found.first_words(everything(found), 50).to_pylist()[0] == b"abc\n"


@given(
    st.lists(st.sampled_from(["x", "\t y", "", SELECT, "ERROR:  z"]), max_size=12), st.booleans()
)
def test_every_line_is_in_one_record_and_the_ranges_touch(log, lines, ended):
    from perfkit.formats.logs.pg_prefix import infer

    prefix = infer(log(*[SELECT] * 20))
    data = b"".join((line.encode() + b"\n") if n % 2 else log(line) for n, line in enumerate(lines))
    data = data if ended else data[:-1]
    if not data:
        return
    found = read_records(data, prefix, None, last=True)
    assert found.start[0] == 0
    assert found.stop[-1] == len(found.source)
    assert (found.stop[:-1] == found.start[1:]).all()
    assert found.lines.sum() == data.count(b"\n") + (not data.endswith(b"\n"))
    assert ((found.key >= 0) == ((found.bad == 0) & ~found.blank)).all()
