"""The search, its indexes, and the fault that drops them."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from perfkit.lab.shop.routes.search import run
from perfkit.lab.shop.schema import SEARCH_INDEXES

pytestmark = pytest.mark.lab


def indexes(lab):
    return {one["name"] for one in sa.inspect(lab.engine).get_indexes("orders")}


def test_the_twenty_latest_orders_of_a_user_in_a_state_are_found(lab, client):
    lab.set_faults(all=False)
    with lab.engine.connect() as connection:
        user = connection.execute(
            sa.text(
                "select user_id from orders where status = 'paid' group by 1"
                " order by count(*) desc limit 1"
            )
        ).scalar_one()
        wanted = (
            connection.execute(
                sa.text(
                    "select id from orders where user_id = :u and status = 'paid'"
                    " order by created_at desc limit 20"
                ),
                {"u": user},
            )
            .scalars()
            .all()
        )
    found = client.get("/orders/search", params={"user_id": user, "status": "paid"}).json()
    assert [one["id"] for one in found] == wanted
    assert set(found[0]) == {"id", "total_cents", "created_at"}


def test_the_fault_drops_both_indexes_and_mending_it_brings_them_back(lab):
    lab.set_faults(missing_index=True)
    assert not indexes(lab) & set(SEARCH_INDEXES)
    lab.set_faults(missing_index=True)  # twice changes nothing
    lab.set_faults(missing_index=False)
    assert set(SEARCH_INDEXES) <= indexes(lab)


def test_a_migration_that_fails_changes_nothing(lab):
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        run(lab.engine, ["create table half_done (id int)", "drop table nowhere"])
    assert "nowhere" in str(caught.value)
    assert not sa.inspect(lab.engine).has_table("half_done")
    assert lab.engine.pool.checkedout() == 0
