import pytest

from perfkit.plans.mysql.sql import code
from perfkit.probes.mysql_calls import filled, qualified_calls, quoted_calls


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        ("select shop.f(1), `Shop` . `p` . g (2), max(a) from shop.t", {"shop.f", "shop.p.g"}),
        ("insert into shop.t (a) values (shop.f(1))", {"shop.f"}),
        ("replace low_priority shop . t (a) select 1", set()),
        ("select t.a in (1), 'x.f(1)' from shop.t where t.b between (1) and (2)", set()),
        ("select f(1) from t", set()), ("", set()), ("insert", set()), ("insert into a.", set()),
    ],
)  # fmt: skip
def test_calls_behind_a_dot_are_told_from_a_table_that_is_filled(sql, calls):
    assert qualified_calls(code(sql)) == calls


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        ("select `fl`() AS `x`, max(`t`.`a`) from `rt`.`t`", {"fl"}),
        ("with `c`(`x`) as (select 1) select `c`.`x` in (1) from `c`", set()),
        ("select `rt`.`pk`.`pf`((1)) AS `y`", {"rt.pk.pf"}), ("select `a`(", {"a"}),
    ],
)  # fmt: skip
def test_quoted_calls_are_told_from_the_columns_of_an_expression(sql, calls):
    assert quoted_calls(code(sql)) == calls


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("insert into t values (1)", ("t",)), ("insert ignore `d`.`t`(a) select 1", ("d", "t")),
        ("replace t set a = 1", ("t",)), ("update t set a = 1", ()), ("delete from t", ()),
        ("insert", ()), ("select 1", ()),
    ],
)  # fmt: skip
def test_the_table_that_is_filled_is_named(sql, names):
    assert filled(code(sql)) == names
