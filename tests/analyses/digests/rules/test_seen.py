"""What the rules are shown."""

from __future__ import annotations


def test_rows_are_statements_with_a_text_and_know_their_group(seen_of):
    seen = seen_of({"fingerprint_id": "a"}, {"fingerprint": None}, {"fingerprint_id": "c"})
    assert [(row["fingerprint_id"], row["group"]) for row in seen.rows] == [("a", 0), ("c", 2)]


def test_only_the_first_rows_are_looked_at_one_by_one(seen_of):
    assert len(seen_of(*[{"calls": n} for n in range(700)]).rows) == 500


def test_examples_are_found_by_their_statement(seen_of):
    slowest = [
        {"fingerprint_id": name, "statement": text}
        for name, text in (("a", "1"), ("b", "2"), ("a", "3"))
    ]
    seen = seen_of(slowest=slowest)
    assert [row["statement"] for row in seen.examples["a"]] == ["1", "3"]
    assert set(seen.examples) == {"a", "b"}


def test_grouped_by_something_else_there_are_no_statements(seen_of):
    seen = seen_of({"calls": 5}, slowest=[{"fingerprint_id": "a"}], by="user")
    assert (seen.by_statement, seen.rows, seen.examples) == (False, [], {})
    assert seen_of().by_statement
