import asyncio
from contextvars import ContextVar, copy_context

import pytest

from perfkit.errors import UsageError
from perfkit.probes.asgi_client import AsgiClient
from perfkit.probes.http_text import parse

(GET,) = parse("GET http://shop.example:8000/caf%C3%A9/x?y=%C3%A9&z=1")
(POST,) = parse("POST https://shop.example/orders\nX-Token: sécret\nHost: other\n\nbody")


def plain(record=None, *, status=200, chunks=(b"ok",)):
    """Return an application without a lifespan that answers after it has read."""

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            raise NotImplementedError
        message = await receive()
        if record is not None:
            record.append((scope, message))
        await send({"type": "http.response.start", "status": status, "headers": []})
        for n, chunk in enumerate(chunks):
            more = n < len(chunks) - 1
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    return app


def call(app, request=GET, *, timeout=5.0, times=1):
    async def main():
        async with AsgiClient(app, timeout) as client:
            return [await client.request(request) for _ in range(times)][-1]

    return asyncio.run(main())


def test_an_answer_has_a_status_and_two_times():
    outcome = call(plain(status=204))
    assert (outcome.status, outcome.raised, outcome.timed_out) == (204, None, False)
    assert 0 < outcome.started <= outcome.ended


def test_the_scope_is_what_a_server_would_send():
    seen = []
    call(plain(seen), GET)
    (scope, message), = seen  # fmt: skip
    assert (scope["method"], scope["scheme"], scope["path"]) == ("GET", "http", "/café/x")
    assert scope["raw_path"] == b"/caf%C3%A9/x"
    assert scope["query_string"] == b"y=%C3%A9&z=1"
    assert scope["headers"] == [(b"host", b"shop.example")]
    assert scope["server"] == ("shop.example", 8000)
    assert message == {"type": "http.request", "body": b"", "more_body": False}


def test_headers_are_lower_case_latin_1_and_the_body_is_counted():
    seen = []
    call(plain(seen), POST)
    (scope, message), = seen  # fmt: skip
    assert scope["headers"] == [
        (b"x-token", "sécret".encode("latin-1")), (b"host", b"other"), (b"content-length", b"4"),
    ]  # fmt: skip
    assert message["body"] == b"body"
    assert (scope["scheme"], scope["server"]) == ("https", ("shop.example", 443))


def test_work_after_the_answer_is_waited_for_and_not_timed():
    done = []

    async def app(scope, receive, send):
        await plain()(scope, receive, send)
        await asyncio.sleep(0.05)
        done.append(scope["type"])

    outcome = call(app)
    assert done == ["http"]
    assert outcome.ended - outcome.started < 45_000_000


def test_an_exception_is_an_outcome_not_a_crash():
    async def app(scope, receive, send):
        await receive()
        raise KeyError("secret")

    assert isinstance(call(app).raised, KeyError)


def test_an_endpoint_that_hangs_times_out_and_is_cancelled():
    cancelled = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    outcome = call(app, timeout=0.05)
    assert outcome.timed_out
    assert outcome.status == 0
    assert cancelled == [True]


def test_the_client_leaves_only_after_the_last_byte():
    order = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        await receive()

        async def watch():
            order.append((await receive())["type"])

        watcher = asyncio.ensure_future(watch())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await asyncio.sleep(0.01)
        order.append("last byte")
        await send({"type": "http.response.body", "body": b"b"})
        await watcher

    call(app)
    assert order == ["last byte", "http.disconnect"]


def lifespan(said, *, fails=False):
    async def app(scope, receive, send):
        if scope["type"] != "lifespan":
            said.append(scope["state"])
            return await plain()(scope, receive, send)
        assert (await receive())["type"] == "lifespan.startup"
        scope["state"]["pool"] = "open"
        await send({"type": f"lifespan.startup.{'failed' if fails else 'complete'}"})
        if not fails:
            said.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
        return None

    return app


def test_start_up_and_shut_down_surround_the_requests_which_see_the_state():
    said = []
    call(lifespan(said), times=2)
    assert said == [{"pool": "open"}, {"pool": "open"}, "lifespan.shutdown"]


def test_a_failed_start_up_is_a_sentence_and_nothing_is_requested():
    said = []
    with pytest.raises(UsageError, match="its start-up failed"):
        call(lifespan(said, fails=True))
    assert said == []


def test_an_application_that_ignores_the_lifespan_is_served():
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        await plain()(scope, receive, send)

    assert call(app).status == 200


def test_a_lifespan_that_never_ends_is_cancelled():
    ended = []

    async def app(scope, receive, send):
        if scope["type"] != "lifespan":
            return await plain()(scope, receive, send)
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    assert call(app).status == 200
    assert ended == [True]


def test_a_request_runs_in_the_context_it_is_given():
    who = ContextVar("who", default="nobody")
    seen = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            seen.append(who.get())
            who.set("changed")
        await plain()(scope, receive, send)

    async def main():
        async with AsgiClient(app, 5.0) as client:
            context = copy_context()
            context.run(who.set, "me")
            await client.request(GET, context)
            await client.request(GET)
            return who.get()

    assert asyncio.run(main()) == "nobody"
    assert seen == ["me", "nobody"]
