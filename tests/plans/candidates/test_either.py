from perfkit.plans.candidates import candidates
from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.plans.read import read_plan

COLUMNS = {name: ColumnFacts(name=name, type="integer", distinct=5000.0) for name in "abcd"}


def found(text, *indexes, kept=20):
    table = TableFacts(schema="s", name="t", rows=1e5, columns=COLUMNS, indexes=indexes)
    node = {"Node Type": "Seq Scan", "Schema": "s", "Relation Name": "t", "Alias": "t",
            "Filter": text, "Plan Rows": kept}  # fmt: skip
    return candidates(read_plan({"Plan": node}), Facts(tables={("s", "t"): table}))


def test_every_branch_gets_an_index_and_names_its_companions():
    one, two = found("((t.a = 1) OR ((t.b = 2) AND (t.c > 3)))")
    assert (one.body, two.body) == ("(a)", "(b, c)")
    assert [c.body for c in one.companions] == ["(b, c)"]
    assert [c.body for c in two.companions] == ["(a)"]


def test_a_branch_that_has_its_index_needs_none():
    old = IndexFacts(name="t_a_idx", method="btree", keys=("a",))
    (only,) = found("((t.a = 1) OR (t.b = 2))", old)
    assert (only.body, only.companions) == ("(b)", ())


def test_one_branch_that_no_index_serves_spoils_the_rest():
    assert found("((t.a = 1) OR (t.b <> 2))") == []
    assert found("((t.a = 1) OR (random() < 0.5))") == []


def test_an_or_that_keeps_much_is_read_whole():
    assert found("((t.a = 1) OR (t.b = 2))", kept=20_000) == []


def test_beside_a_condition_that_narrows_by_itself_none_is_needed():
    assert [c.body for c in found("((t.d = 5) AND ((t.a = 1) OR (t.b = 2)))", kept=1)] == ["(d)"]
