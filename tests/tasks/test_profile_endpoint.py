"""Endpoints with known sleeps, statements and calls are divided rightly."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import sqlalchemy as sa
from fastapi import BackgroundTasks, FastAPI, Request

from perfkit.errors import UsageError
from perfkit.tasks.profile_endpoint import profile_endpoint


class Slow(BaseHTTPRequestHandler):
    """Answers after 30 ms."""

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        time.sleep(0.03)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture(scope="module")
def peer():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join(5)


def burn(seconds):
    """Use the CPU for so long."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.fixture(scope="module")
def app(peer, tmp_path_factory):
    engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('db') / 'x.db'}")
    sa.event.listen(engine, "connect", _with_pause)

    @asynccontextmanager
    async def lifespan(_app):
        async with httpx.AsyncClient() as client:
            yield {"client": client}
        engine.dispose()

    shop = FastAPI(lifespan=lifespan)

    @shop.get("/many")
    def many():
        with engine.connect() as connection:
            for number in range(41):
                connection.execute(sa.text("SELECT pause(0.001), :n"), {"n": number}).all()

    @shop.get("/mix")
    async def mix(request: Request):
        burn(0.02)
        time.sleep(0.06)  # noqa: ASYNC251 - the fault that must be found
        await asyncio.sleep(0.025)
        await request.state.client.get(peer)
        await asyncio.to_thread(time.sleep, 0.04)

    @shop.get("/sql-on-loop")
    async def sql_on_loop():
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pause(0.07)")).all()

    @shop.get("/fine")
    async def fine(background: BackgroundTasks):
        background.add_task(asyncio.sleep, 0.1)
        await asyncio.sleep(0.01)

    @shop.post("/echo")
    async def echo(request: Request):
        return len(await request.body())

    @shop.get("/boom")
    async def boom():
        raise RuntimeError("s3cret")

    return shop


def _with_pause(connection, _record):
    connection.create_function("pause", 1, lambda s: (time.sleep(s), 1)[1])


def classes(found):
    return dict(zip(found.table["class"], found.table["ms"], strict=True))


def rules(found):
    return [finding.rule for finding in found.findings]


def test_every_injected_class_is_found(app):
    found = profile_endpoint(app, "GET /mix", n=3, warmup=1)
    ms = classes(found)
    assert 55 <= ms["blocking the event loop"] < 80
    assert 35 <= ms["blocked in a worker thread"] < 60
    assert 25 <= ms["external HTTP"] < 60
    assert 20 <= ms["waiting"] < 50
    assert 18 <= ms["Python (CPU)"] < 50
    assert sum(ms.values()) == pytest.approx(found.totals["median_ms"], rel=0.01)
    assert found.table["share"].sum() == pytest.approx(1, abs=0.005)


def test_a_blocked_loop_is_a_finding_that_names_the_place(app):
    (finding,) = profile_endpoint(app, "GET /mix", n=2).findings
    assert finding.rule == "blocked-event-loop"
    assert 55 <= finding.saves_ms < 80
    assert "tests/tasks/test_profile_endpoint.py:mix:" in finding.title


def test_statements_of_a_sync_endpoint_are_counted_exactly(app):
    found = profile_endpoint(app, "GET /many", n=3)
    assert found.totals["queries"] == 41
    assert found.table["class"][0] == "database"
    assert found.table["share"][0] > 0.6
    (finding,) = found.findings
    assert finding.rule == "n-plus-one"
    assert "41 times" in finding.title
    assert finding.evidence[0]["statement"] == "select pause(?), ?"


def test_synchronous_sql_on_the_loop_is_both_database_and_a_block(app):
    found = profile_endpoint(app, "GET /sql-on-loop", n=3)
    assert found.table["share"][0] > 0.9
    assert rules(found) == ["blocked-event-loop"]
    assert "synchronous SQL" in found.findings[0].title


def test_an_innocent_endpoint_yields_nothing_and_background_work_does_not_count(app):
    found = profile_endpoint(app, "GET /fine", n=3)
    assert found.findings == ()
    assert 10 <= found.totals["median_ms"] < 90


def test_the_tree_names_the_functions_of_loop_and_threads(app):
    tree = profile_endpoint(app, "GET /mix", n=1).tree
    assert "burn" in tree
    assert "In worker threads:" in tree


def test_a_body_is_sent(app):
    assert profile_endpoint(app, "POST /echo\n\nhello", n=1).totals["runs"] == 1


def test_it_works_where_a_loop_runs_already(app):
    async def run():
        return profile_endpoint(app, "GET /fine", n=1)

    assert asyncio.run(run()).totals["runs"] == 1


def test_nothing_is_left_behind(app):
    run = asyncio.events.Handle._run
    send = httpx.AsyncHTTPTransport.handle_async_request
    to_thread = sys.modules["anyio.to_thread"].run_sync
    profile_endpoint(app, "GET /many", n=1)
    assert asyncio.events.Handle._run is run
    assert httpx.AsyncHTTPTransport.handle_async_request is send
    assert sys.modules["anyio.to_thread"].run_sync is to_thread
    engine = sa.create_engine("sqlite://")
    assert not engine.dispatch.before_cursor_execute
    assert not engine.dialect.dispatch.handle_error


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ("GET /boom", "the endpoint raises RuntimeError"),
        ("GET /nowhere", "the endpoint answers with status 404"),
        ("GET /fine\n###\nGET /mix", "2 requests"),
        ("GET", "first line"),
    ],
)
def test_what_cannot_be_profiled_is_one_sentence(app, request_text, message):
    with pytest.raises(UsageError, match=message) as caught:
        profile_endpoint(app, request_text)
    assert "s3cret" not in str(caught.value)


def test_an_endpoint_that_never_answers_is_given_up(app):
    with pytest.raises(UsageError, match="does not answer in time"):
        profile_endpoint(app, "GET /mix", timeout=0.02)


def test_an_application_without_start_up_works():
    async def bare(scope, receive, send):
        assert scope["type"] == "http"
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(0.005)
        await send({"type": "http.response.body", "body": b"y"})

    assert profile_endpoint(bare, "GET /", n=2).totals["median_ms"] >= 5


def test_a_start_up_that_fails_is_one_sentence(capfd, caplog):
    @asynccontextmanager
    async def lifespan(_app):
        raise RuntimeError("s3cret")
        yield

    with pytest.raises(UsageError, match="start-up failed") as caught:
        profile_endpoint(FastAPI(lifespan=lifespan), "GET /")
    assert "s3cret" not in str(caught.value)
    gc.collect()
    assert "never retrieved" not in capfd.readouterr().err + caplog.text


def test_an_application_is_imported_by_name(tmp_path, monkeypatch):
    source = "from fastapi import FastAPI\napi = FastAPI()\napi.get('/x')(lambda: 1)\n"
    (tmp_path / "small_shop.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    assert profile_endpoint("small_shop:api", "GET /x", n=1).totals["request"] == "GET /x"
    with pytest.raises(UsageError, match="has no 'app'"):
        profile_endpoint("small_shop", "GET /x")
    with pytest.raises(UsageError, match="cannot be imported"):
        profile_endpoint("no_such_shop:app", "GET /x")


def test_what_is_no_asgi_application_is_refused():
    class Flask:
        def wsgi_app(self, environ, start_response):
            """Not for us."""

        __call__ = wsgi_app

    with pytest.raises(UsageError, match="no ASGI application"):
        profile_endpoint(5, "GET /")
    with pytest.raises(UsageError, match="WSGI"):
        profile_endpoint(Flask(), "GET /")
