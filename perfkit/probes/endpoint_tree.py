"""Who takes the time: pyinstrument's call tree of the loop, and of worker threads."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyinstrument import Profiler
from pyinstrument.renderers import ConsoleRenderer
from pyinstrument.session import Session

from perfkit.probes.call_site import shown
from perfkit.probes.endpoint_hooks import thread_calls
from perfkit.probes.patches import Patches

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["Tree", "sample"]

_INTERVAL_S = 0.001


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The call tree as text, and the application's frame that occupies the loop most."""

    text: str
    hot_spot: str


async def sample(
    call: Callable[[], Awaitable[object]], loop: asyncio.AbstractEventLoop, times: int
) -> Tree:
    """Make ``times`` calls under pyinstrument, worker threads included."""
    threads: list[Session] = []
    profiler = Profiler(interval=_INTERVAL_S, async_mode="enabled")
    with _threads_profiled(loop, threads):
        profiler.start()
        try:
            for _ in range(times):
                await call()
        finally:
            own = profiler.stop()
    blocks = [f"{times} requests together, under pyinstrument:", _text(own)]
    if threads:
        blocks += ["In worker threads:", _text(reduce(Session.combine, threads))]
    return Tree(text="\n".join(blocks), hot_spot=_hot_spot(own))


@contextmanager
def _threads_profiled(loop: asyncio.AbstractEventLoop, found: list[Session]) -> Iterator[None]:
    patches = Patches()

    def make(function: Any) -> Any:
        def profiled(*args: Any, **options: Any) -> Any:
            profiler = Profiler(interval=_INTERVAL_S, async_mode="disabled")
            profiler.start()
            try:
                return function(*args, **options)
            finally:
                found.append(profiler.stop())

        return profiled

    thread_calls(patches, loop, make)
    try:
        yield
    finally:
        patches.undo()


def _text(session: Session) -> str:
    renderer = ConsoleRenderer(unicode=True, color=False, short_mode=True)
    return str(renderer.render(session)).strip("\n")


def _hot_spot(session: Session) -> str:
    """Follow the path that runs longest inwards; return its last application frame."""
    frame = session.root_frame()
    found = ""
    while frame is not None:
        file = frame.file_path and shown(frame.file_path)
        if file:
            found = f"{file}:{frame.function}:{frame.line_no}"
        frame = max(frame.children, key=_running_time, default=None)
    return found


def _running_time(frame: Any) -> float:
    """Return the time of a frame without what it awaited."""
    return float(frame.time - frame.await_time())
