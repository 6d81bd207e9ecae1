import pytest

from perfkit.plans.reading.logical import Line
from perfkit.plans.reading.sections import SUMMARY, Section, name_tables, settings, summary, trigger


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("Planning Time", "0.052 ms", {"Planning Time": 0.052}),
        ("Planning time", "0.052 ms", {"Planning Time": 0.052}),  # up to 9.6
        ("Total runtime", "4.700 ms", {"Execution Time": 4.7}),  # up to 9.3
        ("Execution time", "4.7 ms", {"Execution Time": 4.7}),
        ("Execution Time", "4.", {}),
        ("Query Identifier", "-1147616880456321454", {"Query Identifier": -1147616880456321454}),
        ("Settings", "work_mem = '64kB'", {"Settings": {"work_mem": "64kB"}}),
        ("Serialization", "time=0.003 ms  output=1kB  format=text",
         {"Serialization": {"Time": 0.003, "Output Volume": 1, "Format": "text"}}),
        ("Serialization", "output=1kB  format=binary",
         {"Serialization": {"Output Volume": 1, "Format": "binary"}}),
    ],
)  # fmt: skip
def test_lines_below_the_plan_have_the_names_of_json(key, value, read):
    assert summary(key, value) == read
    assert key in SUMMARY


def test_values_of_settings_may_hold_quotes_and_commas():
    text = "a = NULL, search_path = '\"$user\", it's', b = 'x, y', c = NULL"
    assert settings(text) == {"a": None, "search_path": '"$user", it\'s', "b": "x, y", "c": None}
    assert settings("") == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Trigger audit: time=1.500 calls=2", {"Trigger Name": "audit", "Time": 1.5, "Calls": 2}),
        ("Trigger audit: calls=2", {"Trigger Name": "audit", "Calls": 2}),
        ("Trigger for constraint c_fk: time=1.000 calls=3",
         {"Constraint Name": "c_fk", "Time": 1.0, "Calls": 3}),
        ("Trigger RI_ConstraintTrigger_a_1 for constraint c on t: time=0.1 calls=1",
         {"Trigger Name": "RI_ConstraintTrigger_a_1", "Constraint Name": "c", "Relation": "t",
          "Time": 0.1, "Calls": 1}),
        ("Trigger my: odd name on t: time=1.0 calls=1",
         {"Trigger Name": "my: odd name", "Relation": "t", "Time": 1.0, "Calls": 1}),
        ("Trigger happy: yes", None),
    ],
)  # fmt: skip
def test_triggers_have_the_names_of_json(text, read):
    assert trigger(text) == read


def test_the_compilers_times_are_read_as_17_and_as_earlier_ones_print_them():
    document = {}
    section = Section("JIT", 0, document)
    assert section.takes(Line(2, "Functions: 3"))
    assert section.takes(Line(2, "Options: Inlining false, Deforming true"))
    assert section.takes(
        Line(2, "Timing: Generation 0.3 ms (Deform 0.1 ms), Inlining 0.0 ms, Total 2.4 ms")
    )
    assert not section.takes(Line(0, "Execution Time: 3 ms"))
    assert document == {
        "JIT": {
            "Functions": 3,
            "Options": {"Inlining": False, "Deforming": True},
            "Timing": {"Generation": {"Deform": 0.1, "Total": 0.3}, "Inlining": 0.0, "Total": 2.4},
        }
    }


def test_advice_of_19_is_kept_as_text():
    document = {}
    section = Section("Generated Plan Advice", 0, document)
    section.takes(Line(2, "JOIN_ORDER(f a)"))
    section.takes(Line(2, "SEQ_SCAN(f a)"))
    assert document == {"Generated Plan Advice": "JOIN_ORDER(f a)\nSEQ_SCAN(f a)"}


def test_triggers_are_the_only_tables_that_is_written():
    write = {"Node Type": "ModifyTable", "Relation Name": "t"}
    for below, named in (([], "t"), ([write | {"Relation Name": "u"}], None)):
        document = {"Plan": {**write, "Plans": below}, "Triggers": [{"Trigger Name": "a"}]}
        name_tables(document)
        assert document["Triggers"][0].get("Relation") == named
    document["Plan"] = {**write, "Target Tables": [{"Relation Name": "part_1"}]}
    name_tables(document)
    assert document["Triggers"][0]["Relation"] == "part_1"
