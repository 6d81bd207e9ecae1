"""Call an ASGI application in this process, without a server and without HTTP on the way."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from perfkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from perfkit.probes.http_text import HttpRequest

    Message = dict[str, Any]
    App = Callable[
        [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
        Awaitable[None],
    ]

__all__ = ["AsgiClient", "Outcome"]

_VERSIONS = {"version": "3.0", "spec_version": "2.4"}
_BEGIN_S = 30.0  # for start-up and shut-down
_GRACE_S = 1.0  # for the end of the lifespan's task after its last word


@dataclass(kw_only=True)
class Outcome:
    """What came back. Times are ``perf_counter_ns``: sent, and last byte of the answer."""

    started: int
    ended: int = 0
    status: int = 0
    raised: BaseException | None = None
    timed_out: bool = False


class AsgiClient:
    """An application between start-up and shut-down (``async with``)."""

    def __init__(self, app: App, timeout: float) -> None:
        """Prepare to call ``app``; one answer may take ``timeout`` seconds."""
        self._app = app
        self._timeout = timeout
        self._state: dict[str, Any] = {}
        self._lifespan: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Run the application's start-up, if it has one.

        Raises:
            UsageError: the start-up failed.
        """
        scope = {"type": "lifespan", "asgi": _VERSIONS, "state": self._state}
        self._lifespan = asyncio.ensure_future(self._app(scope, self._inbox.get, self._said))
        if await self._tell("lifespan.startup") == "lifespan.startup.failed":
            await self._end()
            raise UsageError("app: its start-up failed", hint="start it with its server to see why")
        return self

    async def __aexit__(self, *error: object) -> None:
        """Run the application's shut-down."""
        await self._tell("lifespan.shutdown")
        await self._end()

    async def request(self, request: HttpRequest, context: Context | None = None) -> Outcome:
        """Send one request and wait for the whole answer, in its own task and context."""
        outcome = Outcome(started=time.perf_counter_ns())
        exchange = _Exchange(request, outcome)
        task = asyncio.get_running_loop().create_task(
            _awaited(self._app(self._scope(request), exchange.receive, exchange.send)),
            context=context or copy_context(),
        )
        done, _ = await asyncio.wait({task}, timeout=self._timeout)
        outcome.ended = outcome.ended or time.perf_counter_ns()
        if not done:
            outcome.timed_out = True
            task.cancel()
            await asyncio.wait({task}, timeout=_BEGIN_S)
        elif not task.cancelled():
            outcome.raised = task.exception()
        return outcome

    async def _end(self) -> None:
        """Wait for the lifespan's task; what it raises is its server's business, not ours."""
        if self._lifespan is None:
            return
        done, _ = await asyncio.wait({self._lifespan}, timeout=_GRACE_S)
        if not done:
            self._lifespan.cancel()
            done, _ = await asyncio.wait({self._lifespan}, timeout=_BEGIN_S)
        if done and not self._lifespan.cancelled():
            self._lifespan.exception()  # seen: asyncio would print it

    async def _said(self, message: Message) -> None:
        await self._outbox.put(str(message["type"]))

    async def _tell(self, kind: str) -> str:
        """Send a lifespan message, and return the answer; "" if the application takes none."""
        lifespan = self._lifespan
        if lifespan is None or lifespan.done():
            return ""
        await self._inbox.put({"type": kind})
        answer = asyncio.ensure_future(self._outbox.get())
        await asyncio.wait(
            {lifespan, answer}, timeout=_BEGIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        if answer.done():
            return answer.result()
        answer.cancel()
        return ""  # by the specification an application may raise here, and works without

    def _scope(self, request: HttpRequest) -> Message:
        path, _, query = request.target.partition("?")
        given = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in request.headers
        ]
        if not any(name == b"host" for name, _ in given):
            given.insert(0, (b"host", request.host.encode()))
        if request.body:
            given.append((b"content-length", str(len(request.body)).encode()))
        return {
            "type": "http",
            "asgi": _VERSIONS,
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.scheme,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": given,
            "client": ("127.0.0.1", 0),
            "server": (request.host, request.port),
            "state": dict(self._state),
        }


class _Exchange:
    """The two channels of one request."""

    def __init__(self, request: HttpRequest, outcome: Outcome) -> None:
        self._body: bytes | None = request.body
        self._outcome = outcome
        self._over = asyncio.Event()

    async def receive(self) -> Message:
        if self._body is None:
            await self._over.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._outcome.status = int(message["status"])
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._outcome.ended = time.perf_counter_ns()
            self._over.set()


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable
