import pytest

from perfkit.probes.generic_plan import generic_plan
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.proofs.examples import examples, parameter


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("$1", "1"), ("($12)::bigint", "12"), ("ANY ($3)", "3"), ("ANY (($3)::bigint[])", "3"),
        ("42", None), ("$1 + 1", None), ("lower($1)", None), ("", None), ("ANY", None),
    ],
)  # fmt: skip
def test_a_value_that_is_a_parameter_and_nothing_else(value, number):
    assert parameter(value) == number


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select * from orders where status = $1", {"1": {"done", "pending", "paid", "shipped"}}),
        ("select * from orders where total > $1 limit $2 offset $3", {"2": {"20"}, "3": {"0"}}),
        ("select * from orders where id = $1 + 1 and length(note) = $2", {}),
        ("select 1 from orders o, users u where o.user_id = u.id and u.email = $1", {}),
    ],
)
def test_values_are_those_that_the_table_holds(lab_engine, sql, wanted):
    with rolled_back("test", lab_engine, timeout_s=20) as connection:
        plan = generic_plan(connection, identify(connection), sql)
        found = examples(connection, plan, sql)
    assert wanted.keys() <= found.keys()
    assert all(found[number] in values for number, values in wanted.items())
    if "total" in sql:
        assert 15_000 < int(found["1"]) < 25_000  # the median
    if "email" in sql:
        assert found["1"].endswith("@shop.example")


def test_a_list_is_an_array_of_several_with_its_quotes_escaped(lab_engine):
    with lab_engine.connect() as connection:
        connection.exec_driver_sql(
            "create table odd as select (array['a\"b', 'c\\d', 'e,{f'])[1 + i %% 3] as v "
            "from generate_series(1, 999) i; analyze odd"
        )
        connection.commit()
    try:
        with rolled_back("test", lab_engine, timeout_s=20) as connection:
            sql = "select * from odd where v = any($1)"
            plan = generic_plan(connection, identify(connection), sql)
            text = examples(connection, plan, sql)["1"]
            values = connection.exec_driver_sql("select %s::text[]", (text,)).scalar()
    finally:
        with lab_engine.connect() as connection:
            connection.exec_driver_sql("drop table odd")
            connection.commit()
    assert set(values) == {'a"b', "c\\d", "e,{f"}
