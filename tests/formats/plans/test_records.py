import time

from perfkit.formats.plans.records import begins, first_json, last_begin

TWO = """ QUERY PLAN
------------
 Limit  (cost=0.00..1.00 rows=1 width=4)
   ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)
 QUERY PLAN
------------
 Result  (cost=0.00..0.01 rows=1 width=4)
"""


def test_a_plan_begins_at_its_heading_and_not_at_the_nodes_below():
    assert begins(TWO) == [0, TWO.index(" QUERY PLAN", 5)]
    assert last_begin(TWO) == TWO.index(" QUERY PLAN", 5)


def test_the_statement_of_auto_explain_belongs_to_its_plan():
    text = "Query Text: select 1\nResult  (cost=0.00..0.01 rows=1 width=4)\n"
    assert begins(text * 2) == [0, len(text)]


def test_brackets_in_a_column_of_their_own_are_one_document():
    text = '[\n{\n"Plan": {"Node Type": "Result"}\n}\n]\n'
    assert begins(text) == [0]
    assert first_json(text)
    assert begins(text * 2) == [0, len(text)]


def test_the_values_before_the_plan_are_passed_over():
    assert first_json('{"Query Text": "select \\"Plan\\"", "Plan": {"Node Type": "Result"}}')
    assert not first_json('{"a": 1, "Plan": {"price": 5}}')


def test_time_grows_with_the_text_and_not_faster():
    def spent(copies):
        text = TWO * copies
        began = time.perf_counter()
        begins(text)
        return time.perf_counter() - began

    spent(100)
    small, large = min(spent(500) for _ in range(3)), min(spent(4000) for _ in range(3))
    assert large < 8 * 4 * small


def test_hostile_texts_take_no_longer():
    for text in (
        '{"a":"' + "\\" * 60_000,
        "{" * 60_000,
        '{"a":1,' * 9000,
        "A " * 30_000,
        '"' * 60_000,
    ):
        began = time.perf_counter()
        begins(text)
        first_json(text)
        assert time.perf_counter() - began < 2
