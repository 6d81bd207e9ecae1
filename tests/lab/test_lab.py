"""The lab through its front door, on a real server with a real shop."""

import httpx
import psycopg
import pytest
from sqlalchemy import text

import perfkit.lab
from perfkit.errors import LabError, UsageError
from perfkit.lab.shop.faults import FAULTS

pytestmark = pytest.mark.lab

SCALE = 0.02


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=SCALE) as lab:
        yield lab


def test_the_engine_reaches_the_seeded_database(lab):
    with lab.engine.connect() as connection:
        count = connection.execute(text("select count(*) from orders")).scalar_one()
    assert count >= 500_000 * SCALE


def test_a_second_start_joins_the_same_shop(lab):
    with perfkit.lab.start(scale=SCALE) as other:
        assert other.url == lab.url
        assert perfkit.lab.status().clients >= 2
    assert httpx.get(f"{lab.url}/healthz").json()["status"] == "ok"


def test_another_scale_is_refused_while_somebody_holds_the_first(lab):
    with pytest.raises(LabError, match=r"another size of the shop is running \(400 users"):
        perfkit.lab.start(scale=0.05)
    assert lab.faults.keys() == FAULTS.keys()


@pytest.mark.parametrize("scale", [0, -1, 21, float("nan"), float("inf")])
def test_a_scale_out_of_range_is_refused_before_anything_starts(scale):
    with pytest.raises(UsageError, match=r"is not between 0\.001 and 20"):
        perfkit.lab.start(scale=scale)


def test_all_faults_are_off_at_first_and_each_has_a_switch(lab):
    assert set(lab.faults.values()) == {False}
    for name in FAULTS:
        assert lab.set_faults(**{name: True})[name] is True
    assert set(lab.set_faults(all=False).values()) == {False}


def test_names_beside_all_are_exceptions(lab):
    states = lab.set_faults(all=True, n_plus_one=False)
    assert [name for name, on in states.items() if not on] == ["n_plus_one"]
    lab.set_faults(all=False)


def test_a_release_can_be_a_little_slower(lab):
    usual = lab.work
    assert lab.set_work(fraud_check_ms=36.0) == usual | {"fraud_check_ms": 36}
    assert lab.set_work(**usual) == lab.work == usual
    with pytest.raises(UsageError, match="is not within 0 and 10000"):
        lab.set_work(render_ms=-1)


def test_an_unknown_fault_is_refused_with_the_names_there_are(lab):
    with pytest.raises(UsageError, match="'n_plus_two'") as refusal:
        lab.set_faults(n_plus_two=True)
    assert "n_plus_one" in refusal.value.hint
    with pytest.raises(UsageError, match="no fault is named"):
        lab.set_faults()


def test_the_missing_index_is_really_missing_and_comes_back(lab):
    query = "select count(*) from pg_indexes where indexname like 'orders_user_id_%'"
    with psycopg.connect(lab.server.conninfo("shop"), autocommit=True) as connection:
        lab.set_faults(missing_index=True)
        assert connection.execute(query).fetchone() == (0,)
        lab.set_faults(missing_index=False)
        assert connection.execute(query).fetchone() == (2,)


def test_without_the_shop_there_is_a_database_and_no_url(lab):
    with perfkit.lab.start(scale=SCALE, shop=False) as bare:
        with bare.engine.connect() as connection:
            assert connection.execute(text("select count(*) from users")).scalar_one() == 400
        with pytest.raises(LabError, match="the shop was not started"):
            _ = bare.url


def test_the_shop_refuses_names_that_are_not_this_machine(lab):
    answer = httpx.get(f"{lab.url}/users/1", headers={"host": "rebound.example"})
    assert answer.status_code == 400


def test_a_released_lab_is_gone_with_its_processes(lab_home, eventually, processes_in):
    lab = perfkit.lab.start(scale=0.001)
    root = lab.server.home
    assert processes_in(root)
    lab.stop()
    eventually(lambda: not root.exists() and not processes_in(root))
    assert not perfkit.lab.status().running


def test_stop_ends_the_shop_for_everybody_and_the_hold_says_so(lab_home):
    lab = perfkit.lab.start(scale=0.001)
    assert perfkit.lab.stop() is True
    with pytest.raises(LabError, match="the shop does not answer"):
        _ = lab.faults
    lab.stop()


def test_a_lab_that_nobody_else_holds_changes_its_size(lab_home):
    perfkit.lab.start(scale=0.001).stop()
    with perfkit.lab.start(scale=0.002) as lab:
        assert httpx.get(f"{lab.url}/healthz").json()["orders"] == 1000
