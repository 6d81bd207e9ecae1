from perfkit.plans.facts import Facts, IndexFacts, TableFacts
from perfkit.plans.read import read_plan

INDEX = IndexFacts(name="a_idx", method="btree", keys=("a",))
PARENT = TableFacts(schema="s", name="whole", indexes=(INDEX,))
PART = TableFacts(schema="s", name="part", parent=("s", "whole"))
FACTS = Facts(tables={("s", "whole"): PARENT, ("s", "part"): PART})


def node(**properties):
    return read_plan({"Plan": {"Node Type": "Seq Scan", **properties}}).root


def test_a_table_is_found_by_schema_and_name():
    assert FACTS.of(node(**{"Schema": "s", "Relation Name": "part"})) is PART
    assert FACTS.of(node(**{"Relation Name": "part"})) is None
    assert FACTS.of(node()) is None


def test_the_whole_of_a_partition_is_the_partitioned_table():
    assert FACTS.whole(PART) is PARENT
    assert FACTS.whole(PARENT) is PARENT
    alone = TableFacts(schema="s", name="x", parent=("s", "unknown"))
    assert FACTS.whole(alone) is alone


def test_the_names_that_exist_are_those_of_tables_and_indexes():
    assert FACTS.names == {"whole", "part", "a_idx"}
    assert Facts().names == frozenset()
