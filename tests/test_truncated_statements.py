"""Statements that were logged cut off get the fingerprint of the whole ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.fingerprint import fingerprint, fingerprint_id, fingerprint_many
from perfkit.truncated_statements import SHORTEST, match_truncated

WHOLE = [
    "SELECT orders.id, orders.total FROM orders WHERE orders.user_id = 12 AND state = 'open'",
    "SELECT orders.id, orders.total FROM orders WHERE orders.id IN (1, 2, 3, 4) ORDER BY 1",
    "INSERT INTO lines (a, b) VALUES (1, 2), (3, 4), (5, 6)",
    "UPDATE users SET name = 'O''Neil', seen = now() WHERE users.id = 5 RETURNING id",
]
CUT = b'{"truncated":true}'


def _table(whole, cut):
    statements = [*whole, *cut]
    prints, ids = fingerprint_many(statements)
    columns = {"statement": statements, "fingerprint": prints, "fingerprint_id": ids,
               "attributes": [None] * len(whole) + [CUT] * len(cut)}  # fmt: skip
    return tables.from_columns("queries", columns)


def _matched(whole, cut):
    found = match_truncated(_table(whole, cut))
    return found.queries["fingerprint"].to_pylist()[len(whole) :], found.notes


@given(st.sampled_from(WHOLE), st.integers(0, 100))
def test_every_beginning_finds_its_statement_or_stays(text, length):
    (found,), _ = _matched(WHOLE, [text[:length]] if length else [""])
    own = fingerprint(text[:length])
    assert found in {fingerprint(text), own}
    if len(text) - 8 <= length <= len(text):
        assert found == fingerprint(text)


def test_literals_do_not_matter():
    (found,), notes = _matched(WHOLE, [WHOLE[0].replace("12", "99")[:80]])
    assert found == fingerprint(WHOLE[0])
    assert notes == []


def test_a_list_cut_in_the_middle_finds_its_statement():
    cut = "SELECT orders.id, orders.total FROM orders WHERE orders.id IN (7, 8"
    assert _matched(WHOLE, [cut])[0] == [fingerprint(WHOLE[1])]


def test_a_beginning_of_several_statements_stays_and_is_noted():
    cut = "SELECT orders.id, orders.total FROM orders WHERE ord"
    (found,), (note,) = _matched(WHOLE, [cut])
    assert found == fingerprint(cut)
    assert "1 fit several" in note.message


def test_a_beginning_of_none_stays_and_is_noted():
    cut = "SELECT something.else FROM another_table WHERE x"
    (found,), (note,) = _matched(WHOLE, [cut])
    assert found == fingerprint(cut)
    assert "1 fit none" in note.message


def test_what_sqlalchemy_shortened_in_the_middle_is_matched():
    long = "INSERT INTO lines (a, b, c) VALUES " + ", ".join("(?, ?, ?)" for _ in range(80))
    cut = f"{long[:250]} ... {len(long) - 350} characters truncated ... {long[-100:]}"
    assert _matched([long, *WHOLE], [cut])[0] == [fingerprint(long)]


def test_ids_go_with_fingerprints_and_other_rows_stay():
    table = _table(WHOLE, [WHOLE[3][:60]])
    found = match_truncated(table).queries
    for row in found.to_pylist():
        assert row["fingerprint_id"] == fingerprint_id(row["fingerprint"])
    assert found.slice(0, 4).to_pylist() == table.slice(0, 4).to_pylist()
    assert found.schema == table.schema


def test_without_cut_statements_the_table_is_the_same_object():
    table = _table(WHOLE, [])
    assert match_truncated(table).queries is table


@pytest.mark.parametrize("whole", [[], WHOLE])
def test_a_very_short_beginning_says_too_little(whole):
    assert _matched(whole, ["SELECT a"[: SHORTEST - 1]])[0] == ["select a"]


def test_many_distinct_statements_do_not_take_quadratic_time():
    def took(count):
        names = [
            f"select column_{chr(97 + n % 26)}{n}x from the_table_of_{n}_y where a = 1"
            for n in range(count)
        ]
        table = _table(names, [name[:40] for name in names])
        began = time.process_time()
        match_truncated(table)
        return time.process_time() - began

    took(100)
    assert took(8000) < 12 * max(took(2000), 0.05)
