import pytest

RULE = "waits-before-server"


def halves(client, server, *, begin=None, count=20, **columns):
    def write(trace, n):
        start = trace.now
        call = trace.http("http://stock/items", client + n % 7)
        lag = client - server if begin is None else begin
        trace.span(
            "GET /items",
            server,
            at=start + lag,
            parent=call,
            kind="server",
            route="/items",
            service="stock",
            category="app",
            **columns,
        )

    return write


def test_time_in_front_of_a_server_is_told(found, several):
    (one,) = found(RULE, several(halves(200.0, 50.0), 20))
    assert "more for the caller than for stock itself" in one.title
    assert "before the server begins" in one.fix.text
    assert one.evidence[0]["server_ms"] == pytest.approx(50.0)
    assert one.saves_ms < 7


def test_time_behind_it_is_the_transfer(found, several):
    (one,) = found(RULE, several(halves(200.0, 50.0, begin=0.5), 20))
    assert "transfer of the answer" in one.fix.text


def test_a_network_of_a_few_milliseconds_is_fine(found, several):
    assert not found(RULE, several(halves(30.0, 2.0), 20))


def test_a_slow_server_is_no_queue(found, several):
    assert not found(RULE, several(halves(400.0, 340.0), 20))


def test_a_server_that_goes_on_behind_its_answer_is_no_queue(found, several):
    assert not found(RULE, several(halves(100.0, 900.0, begin=1.0), 20))


def test_few_calls_say_nothing(found, several):
    assert not found(RULE, several(halves(200.0, 50.0), 6))


def test_a_consumer_of_a_message_is_no_server(found, several):
    def write(trace, n):
        sent = trace.span("orders send", 200.0, kind="producer", category="queue", peer="orders")
        trace.span("orders process", 20.0, at=150.0, parent=sent, kind="consumer", service="mail")

    assert not found(RULE, several(write, 20))
