import pyarrow as pa
import pytest

from perfkit.plans.read import read_plan
from perfkit.views.explain_table import is_plan, those_that_take_most
from perfkit.views.layout import fitted


def nodes(count, slow):
    """Return an Append over ``count`` scans, one of which takes the time."""
    lines = ["Append  (cost=0.00..9.00 rows=9 width=4) (actual time=0.1..99.0 rows=9 loops=1)"]
    lines += [
        f"  ->  Seq Scan on part_{n} p  (cost=0.00..1.00 rows=1 width=4)"
        f" (actual time=0.001..{80 if n == slow else 0.01} rows=1 loops=1)"
        for n in range(count)
    ]
    return read_plan("\n".join(lines)).arrow


def column(layout, name):
    return next(column for column in layout.columns if column.name == name)


def test_of_many_nodes_those_that_take_most_are_shown_in_their_order():
    layout = fitted(nodes(200, slow=150), "nodes", rows=20, width=80)
    ids = [int(cell) for cell in column(layout, "node_id").cells]
    assert len(ids) == 20
    assert ids[0] == 0
    assert 151 in ids
    assert ids == sorted(ids)
    assert layout.note.startswith("showing 20 of 201 nodes, those that take most")


def test_few_nodes_are_all_shown():
    layout = fitted(nodes(5, slow=1), "nodes", rows=20, width=80)
    assert len(column(layout, "node_id").cells) == 6
    assert "showing" not in layout.note


def test_a_node_names_what_it_works_on_and_needs_no_further_column():
    layout = fitted(nodes(2, slow=1), "nodes", rows=20, width=200)
    assert column(layout, "node_type").cells[1].lstrip("\u00a0") == "Seq Scan on part_0 p"
    assert "relation" not in [one.name for one in layout.columns]
    assert "relation" not in layout.note


def test_the_share_and_the_rows_fit_beside_the_nodes_into_80_columns():
    shown = [one.name for one in fitted(nodes(2, slow=1), "nodes", rows=20, width=80).columns]
    assert shown[:5] == ["node_id", "node_type", "self_ms", "self_share", "plan_rows"]


def test_planned_nodes_are_chosen_by_cost():
    text = "Append  (cost=0.00..9.00 rows=9 width=4)\n" + "".join(
        f"  ->  Seq Scan on p{n}  (cost=0.00..{500 if n == 33 else 1}.00 rows=1 width=4)\n"
        for n in range(40)
    )
    chosen = those_that_take_most(read_plan(text).arrow, 5)["node_id"].to_pylist()
    assert chosen[0] == 0
    assert 34 in chosen


@pytest.mark.parametrize("columns", [{}, {"self_ms": [None] * 9}])
def test_without_times_and_costs_the_first_nodes_are_shown(columns):
    table = pa.table({"depth": range(9), "node_type": ["Sort"] * 9, **columns})
    assert is_plan(table)
    assert those_that_take_most(table, 3)["depth"].to_pylist() == [0, 1, 2]


def test_other_tables_are_no_plans():
    assert not is_plan(pa.table({"depth": [1]}))
