from perfkit.plans.read import read_plan
from perfkit.probes.effects import named_in
from perfkit.probes.sql_names import Called


def test_the_names_in_a_plan_are_those_of_its_texts_and_of_what_it_scans():
    scan = {
        "Node Type": "Function Scan", "Function Name": "Odd (function)", "Schema": "My s",
        "Filter": "((fx.writes(a) > 1) AND (note = 'lower(x)'::text) AND (a <<< 2))",
    }  # fmt: skip
    root = {
        "Node Type": "Sort",
        "Sort Key": ['"Odd Name"(a)', "b"],
        "Plans": [scan],
        "Workers": [{}],
        "Actual Rows": 7,
    }
    names = named_in(read_plan({"Plan": root}))
    assert Called("writes", "fx") in names.calls
    assert Called("Odd Name") in names.calls
    assert Called("Odd (function)", "My s") in names.calls
    assert Called("lower") not in names.calls
    assert {"Odd (function)", "My s", "note", "text"} <= names.words
    assert "<<<" in names.operators


def test_a_table_with_an_odd_name_is_one_word():
    scan = {"Node Type": "Seq Scan", "Relation Name": "my orders", "Schema": "a.b"}
    assert {"my orders", "a.b"} <= named_in(read_plan({"Plan": scan})).words
