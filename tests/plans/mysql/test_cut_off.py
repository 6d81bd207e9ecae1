import json

import pytest

from perfkit.errors import PerfkitError
from perfkit.plans.mysql.cut_off import LOST, closed, without_half
from perfkit.plans.mysql.reading import read

SQL = (
    "select u.name, count(*) from orders o join users u on u.id = o.user_id "
    "where o.status = 'paid' and u.name <> 'a {[,' group by u.name order by 2 desc limit 3"
)
TREE = """\
-> Filter: (t.a > 1)  (cost=0.35 rows=1) (actual time=0.2..0.3 rows=2 loops=1)
    -> Table scan on t  (cost=0.35 rows=4) (actual time=0.1..0.2 rows=4 loops=1)
"""


def test_every_beginning_of_an_object_can_be_closed():
    text = json.dumps({"a": [1, {"b": 'x"{[,\\'}], "c": {"d": "e", "f": [2, 3]}, "g": None})
    parts = [closed(text[:end]) for end in range(len(text))]
    assert all(json.loads(part).keys() <= {"a", "c"} for part in parts if part)
    assert json.loads(parts[-1] or "") == {
        "a": [1, {"b": 'x"{[,\\'}], "c": {"d": "e", "f": [2, 3]},
    }  # fmt: skip
    assert closed(text) is None
    assert closed("{]") is None


def test_the_beginning_of_a_plan_is_read_and_said_to_be_one(analyzed):
    text = analyzed(SQL)
    whole = [(node.kind, node.relation) for node in read(text).tree]
    half = read(text[: int(len(text) * 0.7)])
    assert half.lost == (LOST,)
    found = [(node.kind, node.relation) for node in half.tree]
    assert found == whole[: len(found)]
    assert len(found) >= 3
    assert read(text).lost == ()


def test_no_cut_ends_in_anything_but_a_plan_or_a_sentence(analyzed):
    text = analyzed(SQL)
    for end in range(0, len(text), 7):
        for cut in (text[:end], text[:end].replace("\n", "\\n"), f"ANALYZE\n{text[:end]}"):
            try:
                assert read(cut).lost == (LOST,)
            except PerfkitError:
                assert end < 200


@pytest.mark.parametrize("end", range(40, len(TREE.rstrip())))
def test_the_numbers_of_a_step_that_ends_in_them_are_no_part_of_its_name(end):
    plan = read(TREE[:end])
    scans = [node for node in plan.tree if node.kind == "Table Scan"]
    assert {node.relation for node in scans} <= {"t", "", None}
    assert plan.lost == ((LOST,) if plan.lost else ())


def test_half_a_group_is_taken_off():
    assert without_half("Sort: a  (cost=1 rows=1) (actual ti") == "Sort: a  (cost=1 rows=1)"
    assert without_half("Filter: (a = (b)") == "Filter: (a = (b)"
    assert read(TREE[:-20]).lost == (LOST,)
