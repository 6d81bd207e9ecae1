import pytest

RULE = "new-connections"
NODE, GO, DOTNET = (
    ("dns.lookup", "tcp.connect", "tls.connect"),
    ("http.dns", "http.connect", "http.tls"),
    ("HTTP connection_setup stock:443", "socket connect 10.0.0.1", "TLS client handshake stock"),
)


def connecting(names, *, opens=lambda n: True, calls=8, pause=20.0):
    def write(trace, n):
        for item in range(calls):
            begin = trace.now
            call = trace.http(f"http://stock/items/{'abcdefgh'[item]}", 30.0)
            if opens(n * calls + item):
                for part, name in enumerate(names):
                    trace.span(name, 4.0, at=begin + 4 * part, parent=call)
            trace.wait(pause)

    return write


@pytest.mark.parametrize("names", [NODE, GO, DOTNET])
def test_a_connection_per_call_is_told(found, several, names):
    (one,) = found(RULE, several(connecting(names), 5))
    assert "100.0 % of the calls to stock open a new connection, 12 ms each" in one.title
    assert one.saves_ms == pytest.approx(12.0)
    assert one.evidence[0]["setup_ms"] == pytest.approx(12.0)


def test_a_connection_that_is_kept_is_fine(found, several):
    assert not found(RULE, several(connecting(NODE, opens=lambda n: n % 10 == 0), 5))


def test_few_calls_say_nothing(found, several):
    assert not found(RULE, several(connecting(NODE, calls=3), 5))


def test_calls_that_come_rarely_cannot_share_a_connection(found, several):
    assert not found(RULE, several(connecting(NODE, calls=1), 40))


def test_calls_at_the_same_time_need_a_connection_each(found, several):
    def write(trace, n):
        begin = trace.now
        for item in "abcdefgh":
            call = trace.http(f"http://stock/items/{item}", 30.0, at=begin)
            trace.span("tcp.connect", 4.0, at=begin, parent=call)

    assert not found(RULE, several(write, 5))


def test_the_client_says_itself_that_the_connection_is_new(found, several, told):
    def write(trace, n):
        for item in "abcdefgh":
            begin = trace.now
            call = trace.http(f"http://stock/items/{item}", 30.0)
            trace.span(
                "http.getconn",
                5.0,
                at=begin,
                parent=call,
                attributes=told(http__conn__reused="false"),
            )

    (one,) = found(RULE, several(write, 5))
    assert one.saves_ms is None


def test_a_pools_connect_is_no_new_connection(found, several, traces_built):
    def write(trace, n):
        for _ in range(8):
            trace.span("connect", 3.0, kind="client", category="pool")
            trace.sql("SELECT a FROM b WHERE c = $1")

    assert not found(RULE, several(write, 5))
