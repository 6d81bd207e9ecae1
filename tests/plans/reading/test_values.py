import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.reading.values import Balance, bare, counters, items, number, pairs, words


@pytest.mark.parametrize(
    ("text", "read"),
    [("3", 3), ("3.00", 3.0), ("-7", -7), ("0.052 ms", 0.052), ("9kB", 9), ("123 b", 123),
     ("18 bytes", None), ("", None), ("3 4", None), ("1e5", None), ("9" * 400, None),
     ("(a = 3)", None)],
)  # fmt: skip
def test_numbers_have_the_type_of_json_and_no_unit(text, read):
    found = number(text)
    assert (found, type(found)) == (read, type(read))


@given(st.text(alphabet='ab "."'))
def test_a_name_in_quotes_is_the_name(name):
    quoted = '"' + name.replace('"', '""') + '"'
    assert bare(quoted) == name
    assert words(f"a {quoted} on {quoted}.{quoted}") == ["a", quoted, "on", f"{quoted}.{quoted}"]


def test_odd_quotes_are_plain_characters():
    assert words('a "b c') == ["a", '"b', "c"]
    assert bare('"') == '"'


EXPRESSIONS = st.sampled_from(
    ["a", "f(b, c)", "'d, e'", '"x,y"', "ARRAY[1, 2]", "'it''s, (not'::text", 'g("a,)", 3)']
)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=6))
def test_lists_are_cut_where_they_were_joined(parts):
    assert items(", ".join(parts)) == parts


def test_pairs_and_counters_are_read_with_blanks_in_their_names():
    assert list(pairs("Hits: 3  Memory Usage: 9kB  x")) == [("Hits", "3"), ("Memory Usage", "9kB")]
    assert dict(counters("records=1 fpi=2 bytes=3 buffers full=4")) == {
        "records": 1, "fpi": 2, "bytes": 3, "buffers full": 4,
    }  # fmt: skip
    assert dict(counters("time=0.5 ms  output=7kB  format=text")) == {"time": 0.5, "output": 7}
    assert dict(counters("used=15kB  allocated=16kB")) == {"used": 15, "allocated": 16}
    assert dict(counters("max=8 size=2")) == {"max": 8, "size": 2}
    assert dict(counters("= ==a=")) == {}


@pytest.mark.parametrize(
    ("texts", "still_open"),
    [(["(a = 1)"], False), (["(a ="], True), (["('(')"], False), (["('a", ")')"], False),
     (["'it''s'"], False), (["'it''s"], True), (['"a(b"'], False), ([")("], False),
     ([")", "(("], True)],
)  # fmt: skip
def test_what_is_open_is_known_across_lines(texts, still_open):
    balance = Balance()
    assert [balance.read(text) for text in texts][-1] is still_open
