import numpy as np
import pytest

from perfkit.analyses.external.calls import external_calls_of, members
from perfkit.analyses.repeats.from_spans import Tree


@pytest.fixture
def calls(table):
    return lambda rows: external_calls_of(Tree(table("spans", rows)))


def names(calls):
    return sorted(calls.forest.texts("name", calls.row))


def test_the_transport_of_a_client_is_no_call_of_its_own(calls, several):
    def write(trace, n):
        outer = trace.span(
            "DynamoDB.Query", 9.0, kind="client", category="db", peer="dynamodb", at=1.0
        )
        trace.http("http://dynamodb.eu/", 8.0, at=1.5, parent=outer)

    assert names(calls(several(write, 1))) == ["DynamoDB.Query"]


def test_a_wrapper_and_its_driver_are_one_call(calls, several):
    def write(trace, n):
        outer = trace.sql("SELECT a FROM b", 9.0, at=1.0, name="orm")
        middle = trace.span("inner", 8.0, at=1.2, parent=outer)
        trace.sql("SELECT a FROM b", 7.0, at=1.5, parent=middle, name="driver")

    assert names(calls(several(write, 1))) == ["orm"]


def test_calls_of_two_services_within_each_other_are_two(calls, several):
    def write(trace, n):
        outer = trace.http("http://gateway/a", 9.0, at=1.0)
        trace.http("http://auth/token", 4.0, at=1.5, parent=outer)

    assert len(calls(several(write, 1))) == 2


def test_a_pool_is_no_peer(calls, several):
    rows = several(lambda t, n: t.span("connect", 3.0, kind="client", category="pool"), 1)
    assert not len(calls(rows))


def test_a_server_whose_callers_half_is_missing_is_a_call_to_its_service(calls, several):
    def write(trace, n):
        trace.span(
            "GET /items", 9.0, kind="server", category="app", service="stock", route="/items"
        )

    found = calls(several(write, 1))
    assert [(one.peer, one.service) for one in found.peers] == [("stock", "shop")]


def test_many_peers_are_put_together(calls, several):
    def write(trace, n):
        for item in range(700):
            trace.http(f"http://host{item}/a", 1.0 + item / 100)

    found = calls(several(write, 1))
    assert len(found.peers) == 501
    assert found.peers[500].peer == "other peers"
    assert len(found) == 700


def test_members_are_the_places_of_each_code():
    parts = {code: at.tolist() for code, at in members(np.array([2, 0, 2, 1]))}
    assert parts == {0: [1], 1: [3], 2: [0, 2]}
    assert not list(members(np.zeros(0, np.int64)))
