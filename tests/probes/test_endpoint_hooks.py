import asyncio
import time
from contextvars import copy_context

import httpx
import pytest
import sqlalchemy as sa

from perfkit.probes.endpoint_hooks import installed
from perfkit.probes.endpoint_recorder import CURRENT, Recorder


def recorded(work, *, hooked=True):
    """Run ``work`` as a task with a recorder of its own, hooks installed, and return both."""
    recorder = Recorder(ended=2**62)

    async def main():
        loop = asyncio.get_running_loop()
        context = copy_context()
        context.run(CURRENT.set, recorder)
        if not hooked:
            return await loop.create_task(work(), context=context)
        with installed(loop):
            return await loop.create_task(work(), context=context)

    return asyncio.run(main()), recorder


def places(recorder, kind):
    return [one.where for one in recorder.of(kind)]


def test_every_turn_of_the_loop_is_timed():
    async def work():
        time.sleep(0.02)  # noqa: ASYNC251 - it blocks on purpose
        await asyncio.sleep(0)
        return "done"

    done, recorder = recorded(work)
    assert done == "done"
    turns = recorder.of("loop")
    assert len(turns) >= 2
    assert max(one.end - one.start for one in turns) >= 19_000_000


def test_threads_are_timed_and_keep_their_arguments_and_errors():
    async def work():
        loop = asyncio.get_running_loop()
        good = await loop.run_in_executor(None, max, 3, 5)
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        return good

    found, recorder = recorded(work)
    assert found == 5
    # to_thread runs in a copy of the context: both are seen
    assert len(recorder.of("thread")) == 2


def test_threads_of_anyio_are_timed():
    to_thread = pytest.importorskip("anyio.to_thread")

    async def work():
        return await to_thread.run_sync(lambda: 7)

    found, recorder = recorded(work)
    assert found == 7
    assert len(recorder.of("thread")) >= 1


def test_statements_are_timed_whether_they_succeed_or_fail():
    engine = sa.create_engine("sqlite://")

    async def work():
        with engine.connect() as connection:
            connection.execute(sa.text("select 1 where 1 = :a"), {"a": 5})
            with pytest.raises(sa.exc.OperationalError):
                connection.exec_driver_sql("select * from nowhere")
            connection.exec_driver_sql("select 2")

    _, recorder = recorded(work)
    assert places(recorder, "database") == [
        "select 1 where 1 = ?", "select * from nowhere", "select 2",
    ]  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_calls_of_httpx_are_timed_by_host_alone(raw_server, kind):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with raw_server(talk) as url:

        async def work():
            if kind == "sync":
                return httpx.get(f"{url}/x?token=secret").status_code  # noqa: ASYNC210 - on purpose
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{url}/x?token=secret")).status_code

        status, recorder = recorded(work)
    assert status == 200
    assert places(recorder, "external") == ["127.0.0.1"]


def test_what_carries_no_recorder_is_left_alone():
    engine, other = sa.create_engine("sqlite://"), []

    async def main():
        loop = asyncio.get_running_loop()
        with installed(loop):
            with engine.connect() as connection:
                other.append(connection.exec_driver_sql("select 1").scalar())
            other.append(await asyncio.to_thread(lambda: 2))

    asyncio.run(main())
    assert other == [1, 2]
    engine.dispose()


def test_everything_is_put_back_even_after_an_error():
    handle, transport = asyncio.events.Handle._run, httpx.HTTPTransport.handle_request

    async def main():
        loop = asyncio.get_running_loop()
        during = []
        with pytest.raises(KeyError), installed(loop):
            during.append(asyncio.events.Handle._run) or {}["mine"]
        assert during != [handle]
        assert "run_in_executor" not in vars(loop)

    asyncio.run(main())
    assert asyncio.events.Handle._run is handle
    assert httpx.HTTPTransport.handle_request is transport
    engine = sa.create_engine("sqlite://")
    recorder = Recorder(ended=2**62)
    token = CURRENT.set(recorder)
    with engine.connect() as connection:
        connection.exec_driver_sql("select 1")
    CURRENT.reset(token)
    assert recorder.intervals == []
    engine.dispose()
