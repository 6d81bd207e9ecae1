"""The columns of lines that nobody described."""

import time

from perfkit.formats.requests.access.tokens import common_layout


def columns(*lines):
    layout = common_layout(lines)
    return [(one.before, one.key, one.kind, one.values) for one in layout.columns]


def test_kinds_of_columns():
    assert columns('1.2.3.4 [a b] "GET /" rt=0.1 k="v w"') == [
        ("", "", "bare", ("1.2.3.4",)),
        (" ", "", "bracketed", ("a b",)),
        (" ", "", "quoted", ("GET /",)),
        (" ", "rt=", "bare", ("0.1",)),
        (" ", "k=", "quoted", ("v w",)),
    ]


def test_most_lines_decide():
    lines = ["a b", "a b c", "d e", "f g"]
    assert [values for *_, values in columns(*lines)] == [("a", "d", "f"), ("b", "e", "g")]
    assert common_layout([]) is None
    assert common_layout(['"unclosed']) is None


def test_values_with_blanks_are_one():
    found = common_layout(["10.0.0.1:80, unix:/s 0.1, 0.2 : 0.3 2026-10-10 12:00:00 x"]).columns
    values = [one.values[0] for one in found]
    assert values == ["10.0.0.1:80, unix:/s", "0.1, 0.2 : 0.3", "2026-10-10 12:00:00", "x"]
    assert [one.several for one in found] == [True, True, False, False]


def test_a_colon_makes_a_key_only_of_labels():
    assert columns("reqtime:0.1 shop:80 fe80::1")[0][1] == "reqtime:"
    assert [values for *_, values in columns("shop:80 fe80::1")] == [("shop:80",), ("fe80::1",)]


def test_hostile_lines_take_linear_time():
    begin = time.process_time()
    for filling in ('"', "[", "a=", "[a ", "\\", ", ", " :", '"a" '):
        common_layout([filling * 2000])
    assert time.process_time() - begin < 2
