import pytest

from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.table_facts import table_facts
from perfkit.tasks.audit.asking import plans_of, wanted_by
from perfkit.tasks.audit.workload import Asked

SKEWED = "update orders set user_id = 42 where id % 3 = 0"
SEARCH = "select * from orders where user_id = $1 and status = $2 order by created_at desc limit 20"


def asked(text, values=(), *, example=False):
    named = {str(number): value for number, value in enumerate(values, 1)}
    return Asked(text=text, calls=9, mean_ms=9.0, values=named, example=example)


def wanted(engine, one):
    with rolled_back("test", engine, timeout_s=20) as connection:
        server = identify(connection)
        plans = plans_of(connection, server, one)
        facts = table_facts(connection, server, [("public", "orders")])
        assert connection.exec_driver_sql("select 1").scalar() == 1  # not aborted
        return plans, [(c.columns, c.where) for c in wanted_by(one, plans, facts)]


def test_recorded_values_show_what_typical_ones_do_not(audited):
    engine = audited(f"{SKEWED}; create index by_user on orders (user_id);")
    plans, found = wanted(engine, asked(SEARCH, ("42", "paid"), example=True))
    assert len(plans) == 2
    assert found[0][0] == ("user_id", "status", "created_at")
    assert wanted(engine, asked(SEARCH))[1] == []


def test_no_partial_index_rests_on_an_example(audited):
    engine = audited("update orders set status = 'rare' where id % 100 = 0")
    text = "select * from orders where status = 'rare' order by created_at limit 20"
    own = wanted(engine, asked(text))[1]
    example = wanted(engine, asked(text, example=True))[1]
    assert any(where for _, where in own)
    assert example
    assert not any("rare" in where for _, where in example)


@pytest.mark.parametrize(
    "text",
    [
        "select * from no_such_table",
        "select * from orders where user_id = $1 and no_such_column = $2",
        "vacuum orders",
        "select * from orders where user_id =",
        "select 1; select 2",
        "'",
    ],
)
def test_what_has_no_plan_has_none_and_the_transaction_goes_on(audited, text):
    engine = audited()
    assert wanted(engine, asked(text))[0] == []
    assert wanted(engine, asked(text, ("1", "2")))[0] == []


def test_values_that_do_not_fit_leave_the_plan_for_unknown_ones(audited):
    plans, _ = wanted(audited(), asked(SEARCH, ("not a number", "paid")))
    assert len(plans) == 1


def test_at_most_four_are_tried(audited):
    text = "select * from orders where user_id = $1 or total = $2 or note = $3 or status = $4"
    assert len(wanted(audited(), asked(text))[1]) <= 4
