"""Fault and fixed twin give the same answer; only the way there differs."""

import httpx
import pytest

import perfkit.lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab():
    with perfkit.lab.start(scale=0.02) as lab:
        yield lab


@pytest.fixture(scope="module")
def client(lab):
    with httpx.Client(base_url=lab.url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("n_plus_one", "/orders?cursor=5000"),
        ("n_plus_one", "/orders?cursor=7"),
        ("n_plus_one", "/orders?cursor=0"),
        ("missing_index", "/orders/search?user_id=17&status=paid"),
        ("missing_index", "/orders/search?user_id=17&status=' or 1=1 --"),
        ("blocking_call", "/report"),
        ("sequential_calls", "/dashboard"),
        ("slow_serialization", "/export?cursor=9000"),
    ],
)
def test_both_twins_answer_alike(lab, client, fault, path):
    answers = []
    for on in (True, False):
        lab.set_faults(**{"all": False, fault: on})
        answer = client.get(path)
        assert answer.status_code == 200
        answers.append(answer.json())
    assert answers[0] == answers[1]


def test_both_checkouts_store_one_order_with_its_item(lab, client):
    basket = {"user_id": 1, "product_id": 7, "quantity": 2}
    for on in (True, False):
        lab.set_faults(all=False, pool_starvation=on)
        answer = client.post("/checkout", json=basket)
        assert answer.status_code == 201
        number = answer.json()["order_id"]
        (order,) = [o for o in client.get(f"/orders?cursor={number}").json() if o["id"] == number]
        assert order["items"] == [{"product_id": 7, "quantity": 2}]
        assert order["status"] == "pending"


def test_the_page_holds_forty_orders_newest_first(client):
    ids = [order["id"] for order in client.get("/orders?cursor=5000").json()]
    assert ids == list(range(5000, 4960, -1))


def test_the_export_holds_3000_orders(client):
    rows = client.get("/export?cursor=9000").json()
    assert [row["id"] for row in rows] == list(range(9000, 6000, -1))
    assert rows[0]["total"]["currency"] == "EUR"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/users/1", 200),
        ("/users/999999", 404),
        ("/users/one", 422),
        ("/orders", 422),
        ("/orders?cursor=1e9", 422),
        ("/nowhere", 404),
    ],
)
def test_wrong_requests_are_answered_as_a_service_does(client, path, status):
    assert client.get(path).status_code == status


@pytest.mark.parametrize("body", [{"gremlins": True}, {"n_plus_one": "perhaps"}, ["n_plus_one"]])
def test_the_control_refuses_what_is_no_switch(lab, client, body):
    assert client.post("/_lab/faults", json=body).status_code == 422
    assert set(lab.set_faults(all=False).values()) == {False}


def test_a_form_of_another_web_page_cannot_switch_faults(client):
    answer = client.post(
        "/_lab/faults",
        content='{"n_plus_one": true}',
        headers={"content-type": "text/plain", "origin": "http://evil.example"},
    )
    assert answer.status_code == 422
    assert client.get("/_lab/faults").json()["n_plus_one"] is False
