"""Hooks that write a request's intervals, installed for the time of a measurement only.

They see requests that carry a recorder in their context and leave everything else alone.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from perfkit.probes.endpoint_recorder import CURRENT
from perfkit.probes.patches import Patches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["installed", "thread_calls"]


@contextmanager
def installed(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Time callbacks of the loop, worker threads, SQLAlchemy statements and httpx calls."""
    patches = Patches()
    patches.wrap(asyncio.events.Handle, "_run", _timed_callback)
    thread_calls(patches, loop, _timed_in_thread)
    _httpx(patches)
    remove = _sqlalchemy()
    try:
        yield
    finally:
        remove()
        patches.undo()


def thread_calls(
    patches: Patches, loop: asyncio.AbstractEventLoop, make: Callable[[Any], Any]
) -> None:
    """Wrap what is called in worker threads: of the loop, and of anyio (Starlette, FastAPI)."""

    def executor(run: Any) -> Any:
        @wraps(run)
        def submitted(pool: Any, function: Any, *args: Any) -> Any:
            return run(pool, make(function), *args)

        return submitted

    def anyio(run: Any) -> Any:
        @wraps(run)
        async def ran(function: Any, *args: Any, **options: Any) -> Any:
            return await run(make(function), *args, **options)

        return ran

    patches.wrap(loop, "run_in_executor", executor)
    to_thread = sys.modules.get("anyio.to_thread")
    if to_thread is not None:
        patches.wrap(to_thread, "run_sync", anyio)


def _timed_callback(run: Any) -> Any:
    def timed(handle: Any) -> None:
        recorder = handle._context.get(CURRENT)  # noqa: SLF001 - asyncio offers no other way
        if recorder is None:
            run(handle)
            return
        with recorder.timed("loop"):
            run(handle)

    return timed


def _timed_in_thread(function: Any) -> Any:
    recorder = CURRENT.get()
    if recorder is None:
        return function

    def timed(*args: Any, **options: Any) -> Any:
        with recorder.timed("thread"):
            return function(*args, **options)

    return timed


def _sqlalchemy() -> Callable[[], None]:
    """Listen to every engine's statements, if SQLAlchemy is in use; return what ends it."""
    if "sqlalchemy" not in sys.modules:
        return lambda: None
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    listeners = (
        ("before_cursor_execute", _before),
        ("after_cursor_execute", _after),
        ("handle_error", _failed),
    )
    for name, listener in listeners:
        event.listen(Engine, name, listener)

    def remove() -> None:
        for name, listener in listeners:
            event.remove(Engine, name, listener)

    return remove


def _before(_connection: Any, _cursor: Any, statement: str, _: Any, context: Any, __: bool) -> None:  # noqa: FBT001 - the event's signature
    recorder = CURRENT.get()
    if recorder is not None and context is not None:
        context._perfkit_done = recorder.begin("database", statement)  # noqa: SLF001 - its own slot


def _after(_connection: Any, _cursor: Any, _statement: str, _: Any, context: Any, __: bool) -> None:  # noqa: FBT001
    done = getattr(context, "_perfkit_done", None)
    if done is not None:
        context._perfkit_done = None  # noqa: SLF001
        done()


def _failed(error: Any) -> None:
    _after(None, None, "", None, error.execution_context, False)  # noqa: FBT003


def _httpx(patches: Patches) -> None:
    """Time httpx's transports, if the application uses httpx."""
    httpx = sys.modules.get("httpx")
    if httpx is not None:
        patches.wrap(httpx.HTTPTransport, "handle_request", _timed_call)
        patches.wrap(httpx.AsyncHTTPTransport, "handle_async_request", _timed_async_call)


def _timed_call(send: Any) -> Any:
    def sent(transport: Any, request: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None:
            return send(transport, request)
        with recorder.timed("external", request.url.host):
            return send(transport, request)

    return sent


def _timed_async_call(send: Any) -> Any:
    async def sent(transport: Any, request: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None:
            return await send(transport, request)
        with recorder.timed("external", request.url.host):
            return await send(transport, request)

    return sent
