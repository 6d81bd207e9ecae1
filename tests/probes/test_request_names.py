"""Names of requests differ where the requests do, and show no credentials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.probes.request_names import distinct


def named(*targets, places=None):
    return distinct(
        ["GET /orders"] * len(targets), places or ["a:80"] * len(targets), list(targets)
    )


def test_what_differs_of_the_query_is_named_and_nothing_else():
    assert named("/orders?limit=9&cursor=5", "/orders?limit=9&cursor=40", "/orders?limit=9") == [
        "GET /orders?cursor=5",
        "GET /orders?cursor=40",
        "GET /orders",
    ]
    assert named("/orders?cursor=5") == ["GET /orders"]


def test_hosts_tell_apart_what_queries_do_not():
    assert named("/orders?a=1", "/orders?a=1", places=["a:80", "b:80"]) == [
        "GET /orders (a:80)",
        "GET /orders (b:80)",
    ]


def test_what_differs_elsewhere_is_numbered():
    assert named("/orders", "/orders") == ["GET /orders #1", "GET /orders #2"]


@pytest.mark.parametrize(
    "parameter",
    [
        *("token", "api_key", "password", "auth", "X-Amz-Signature", "sig", "PHPSESSID", "code"),
        *("p%61ssword", "user[passwd]", "%74oken"),
    ],
)
def test_no_credential_is_shown(parameter):
    names = named(f"/orders?n=1&{parameter}=hunter2", f"/orders?n=1&{parameter}=opensesame")
    assert not any(secret in "".join(names) for secret in ("hunter2", "opensesame"))
    assert len(set(names)) == 2


def test_secrets_behind_harmless_names_are_masked_as_well():
    mail, key = "ann@example.org", "ghp_0123456789abcdefghijABCDEFGHIJ012345"
    text = "".join(named(f"/orders?who={mail}", f"/orders?who={key}"))
    assert mail not in text
    assert key not in text


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_names_differ_and_obey_no_one(queries):
    names = named(*(f"/orders?{query}" for query in queries))
    assert len(set(names)) == len(names)
    assert all(name.isprintable() for name in names if name.isascii())
    assert max(map(len, names)) < 110
