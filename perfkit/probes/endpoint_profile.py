"""Profile one endpoint of an ASGI application in this process.

Three questions, three kinds of runs of the same request: how long (nothing installed), how
the time divides (hooks, in turns with the former), who (pyinstrument, afterwards; it slows
code with many calls down several times, so neither totals nor shares come from it).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from perfkit.errors import UsageError
from perfkit.probes import endpoint_hooks, endpoint_tree
from perfkit.probes.asgi_client import AsgiClient
from perfkit.probes.endpoint_recorder import CURRENT, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from perfkit.probes.asgi_client import Outcome
    from perfkit.probes.endpoint_tree import Tree
    from perfkit.probes.http_text import HttpRequest

__all__ = ["Profile", "profile"]

T = TypeVar("T")

_ERROR_STATUS = 400


@dataclass(kw_only=True)
class Profile:
    """What was measured: times of plain runs (ms), recorders of hooked runs, the tree."""

    plain_ms: list[float] = field(default_factory=list)
    recorders: list[Recorder] = field(default_factory=list)
    tree: Tree | None = None


def profile(app: Any, request: HttpRequest, *, n: int, warmup: int, timeout: float) -> Profile:
    """Run ``request`` ``warmup`` times unmeasured, then ``n`` times plain, hooked and profiled.

    The application runs on an event loop of its own, between its start-up and shut-down.

    Raises:
        UsageError: the endpoint answers with an error, raises, or takes too long.
    """

    async def measure() -> Profile:
        async with AsgiClient(app, timeout) as client:
            return await _measure(client, request, n=n, warmup=warmup)

    return _on_own_loop(measure)


async def _measure(client: AsgiClient, request: HttpRequest, *, n: int, warmup: int) -> Profile:
    found = Profile()
    loop = asyncio.get_running_loop()
    for _ in range(max(warmup, 1)):
        _check(request, await client.request(request))
    for _ in range(n):
        plain = _check(request, await client.request(request))
        found.plain_ms.append((plain.ended - plain.started) / 1e6)
        with endpoint_hooks.installed(loop):
            found.recorders.append(await _recorded(client, request))
    found.tree = await endpoint_tree.sample(lambda: client.request(request), loop, n)
    return found


async def _recorded(client: AsgiClient, request: HttpRequest) -> Recorder:
    recorder = Recorder()
    context = copy_context()
    context.run(CURRENT.set, recorder)
    outcome = _check(request, await client.request(request, context))
    recorder.started, recorder.ended = outcome.started, outcome.ended
    return recorder


def _check(request: HttpRequest, outcome: Outcome) -> Outcome:
    """Raise if the answer was none to measure; the error's own text may hold secrets."""
    if outcome.raised is not None:
        problem = f"raises {type(outcome.raised).__name__}"
    elif outcome.timed_out:
        problem = "does not answer in time"
    elif outcome.status == 0:
        problem = "ends without an answer"
    elif outcome.status >= _ERROR_STATUS:
        problem = f"answers with status {outcome.status}"
    else:
        return outcome
    raise UsageError(
        f"{request.name}: the endpoint {problem}", hint="profile a request that succeeds"
    ) from outcome.raised


def _on_own_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a new loop: here, or in a thread where a loop runs here already.

    Not uvloop: its callbacks cannot be timed.
    """
    if _loop_runs_here():
        return _in_thread(make)
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(make())


def _loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_thread(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None
        running.append((asyncio.get_running_loop(), task))
        return await make()

    def run() -> T:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(main())

    with ThreadPoolExecutor(1, thread_name_prefix="perfkit-profile") as pool:
        future = pool.submit(run)
        try:
            return future.result()
        except KeyboardInterrupt:
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
            raise
