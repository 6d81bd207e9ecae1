"""Visitors of a web server that answers as told: a small one of the standard library."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from perfkit.errors import TargetRefused
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.traffic import Request
from perfkit.lab.visitors import CUSTOMERS, GAVE_UP, Visit, burst, customers, scanner, visit

SIZES = Sizes.at(1.0)


@pytest.fixture
def site():
    """A server that answers 404 to strangers, slowly on ``/slow``; its URL and who asked what."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.client_address[0], self.path, self.headers["user-agent"]))
            if self.path == "/slow":
                time.sleep(0.4)
            self.send_response(200 if self.client_address[0] in CUSTOMERS else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_each_visitor_comes_from_an_address_of_its_own(site):
    url, asked = site
    page = Request("GET", "/")
    counts = visit(
        url, [Visit(0, CUSTOMERS[0], page), Visit(0, CUSTOMERS[1], page), *scanner(0)[:2]]
    )
    assert counts == {"127.0.0.99": {"404": 2}, "customers": {"200": 2}}
    assert {client for client, *_ in asked} == {*CUSTOMERS[:2], "127.0.0.99"}
    assert len({agent for *_, agent in asked}) == 3


def test_who_does_not_wait_gives_up_and_the_others_get_their_answer(site):
    url, _ = site
    slow = Request("GET", "/slow")
    counts = visit(url, [Visit(0, CUSTOMERS[0], slow, 0.1), Visit(0, CUSTOMERS[0], slow)])
    assert counts == {"customers": {"200": 1, GAVE_UP: 1}}


def test_a_visit_comes_when_it_is_due_whatever_the_others_wait_for(site):
    url, asked = site
    started = time.perf_counter()
    visit(url, [Visit(0.2, CUSTOMERS[0], Request("GET", "/late")),
                Visit(0, CUSTOMERS[0], Request("GET", "/slow"))])  # fmt: skip
    assert [path for _, path, _ in asked] == ["/slow", "/late"]
    assert 0.35 < time.perf_counter() - started < 5


def test_customers_are_the_same_for_the_same_seed_and_within_their_time():
    found = customers(1, SIZES, seconds=10, rate=25)
    assert found == customers(1, SIZES, seconds=10, rate=25)
    assert found != customers(2, SIZES, seconds=10, rate=25)
    assert len(found) == 250
    assert all(0 <= one.due_s <= 10 and one.client in CUSTOMERS for one in found)
    assert 0.15 < sum(one.patience_s < 1 for one in found) / 250 < 0.45


def test_a_burst_is_as_fast_as_it_says():
    found = burst(5, requests=200, rate=100)
    assert (found[0].due_s, found[-1].due_s) == (5, 5 + 199 / 100)
    assert len({one.client for one in found}) == 1


def test_other_machines_are_never_visited():
    with pytest.raises(TargetRefused):
        visit("http://192.0.2.1/", scanner(0))
