from perfkit.plans.mysql.members import facts, loops_of, members, ran, rest


def test_facts_have_postgresqls_names_where_it_has_them():
    found = facts({"sort_key": "a, b desc", "r_output_rows": 3, "cost": 2.5, "r_limit": 5}, 2.0)
    assert found == {
        "Sort Key": ["a", "b desc"], "Actual Rows": 3, "Total Cost": 2.5, "Actual Loops": 2.0,
        "r_limit": 5,
    }  # fmt: skip


def test_structure_is_no_fact():
    assert rest({"nested_loop": [], "subqueries": [], "having_subqueries": 1, "unique": 1}) == {
        "unique": 1
    }


def test_loops_come_from_the_step_or_from_around_it():
    assert loops_of({"r_loops": 4}, 2.0) == 4
    assert loops_of({}, 2.0) == 2
    assert loops_of({"r_loops": 4}, None) is None
    assert ran(None) == {}


def test_only_objects_have_members():
    assert members([1]) == {}
    assert members({"a": 1}) == {"a": 1}
