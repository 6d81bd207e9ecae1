"""One user by key."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab


def test_a_user_has_an_address_and_a_name(client):
    answer = client.get("/users/17")
    assert answer.json() == {"id": 17, "email": "user17@shop.example", "name": "User 17"}


@pytest.mark.parametrize("number", [0, -1, 401, 2**62])
def test_a_user_that_does_not_exist_is_not_found(client, number):
    answer = client.get(f"/users/{number}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "no such user"})


@pytest.mark.parametrize("number", ["one", "1.5", "1;drop table users", "%00"])
def test_what_is_no_number_is_refused_before_the_database(client, number):
    assert client.get(f"/users/{number}").status_code == 422
