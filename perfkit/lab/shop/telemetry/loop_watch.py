"""Notice when the event loop is blocked, for how long, and by what.

A task on the loop beats every 10 ms. A thread looks on: when no beat came for
50 ms it reads what the loop's thread is doing, and once the beat is back it
reports. Only what the thread itself saw in several looks counts: a process that
the system did not run for a while has no blocked loop.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["LoopWatch", "route_of", "stack_of"]

BEAT_S = 0.01
#: A loop that does not answer for this long is felt by every request on it.
BLOCKED_S = 0.05
LOOKS = 2
#: Frames outside of these are the framework's and say nothing about the shop.
OWN = "perfkit.lab.shop."

#: What one look saw: the stack, and the route of the request being served.
Look = tuple[str, str | None]


class LoopWatch:
    """Watches the running event loop; ``on_block(duration_ms, stack, route)`` per block."""

    def __init__(self, on_block: Callable[[float, str, str | None], None]) -> None:
        """Report to ``on_block``, which is called from the watching thread."""
        self.on_block = on_block
        self._loop_thread = threading.get_ident()
        self._beat = time.perf_counter()
        self._stopped = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call it on the loop to be watched."""
        self._loop_thread = threading.get_ident()
        self._task = asyncio.get_running_loop().create_task(self._beats())
        threading.Thread(target=self._watch, name="loop-watch", daemon=True).start()

    def stop(self) -> None:
        """End the beat and the watching thread."""
        self._stopped.set()
        if self._task is not None:
            self._task.cancel()

    async def _beats(self) -> None:
        while True:
            self._beat = time.perf_counter()
            await asyncio.sleep(BEAT_S)

    def _watch(self) -> None:
        seen: Counter[Look] = Counter()
        beat = self._beat
        while not self._stopped.wait(BEAT_S):
            last, beat = beat, self._beat
            if beat != last and seen:
                self._report(beat - last - BEAT_S, seen)
                seen = Counter()
            if time.perf_counter() - beat > BLOCKED_S:
                seen.update(self._look())

    def _look(self) -> list[Look]:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - the documented way
        return [] if frame is None or is_idle(frame) else [(stack_of(frame), route_of(frame))]

    def _report(self, blocked_s: float, seen: Counter[Look]) -> None:
        if blocked_s > BLOCKED_S and seen.total() >= LOOKS:
            self.on_block(blocked_s * 1000, *seen.most_common(1)[0][0])


def is_idle(frame: FrameType) -> bool:
    """Say whether a thread waits for work: the loop is slow then because the machine is."""
    return frame.f_globals.get("__name__") == "selectors"


def route_of(frame: FrameType | None) -> str | None:
    """Return the route of the request that the frames serve: their ASGI scope names it."""
    while frame is not None:
        scope = frame.f_locals.get("scope")
        if isinstance(scope, dict) and scope.get("route") is not None:
            return str(scope["route"].path)
        frame = frame.f_back
    return None


def stack_of(frame: FrameType | None) -> str:
    """Return the shop's own frames as ``module:function:line;...``, outermost first.

    Without any, the innermost frame alone is named.
    """
    frames = []
    while frame is not None:
        frames.append((frame.f_globals.get("__name__", "?"), frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    own = [place for place in frames if place[0].startswith(OWN)] or frames[:1]
    return ";".join(f"{module}:{function}:{line}" for module, function, line in reversed(own))
