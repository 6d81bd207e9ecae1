"""A pool of worker processes that needs nothing of the program that starts it.

``multiprocessing`` runs the main script again in every child unless it is guarded by
``if __name__ == "__main__"``, and forking a process with threads may hang. These workers are
plain child processes that end with their input, whatever happens to their parent. The program
itself is one of them, in a thread: it has imported everything, and works while they start.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError
from perfkit.ingest.worker import receive, send

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Workers", "cores"]

_COMMAND = ("-c", "from perfkit.ingest.worker import main; main()")
_Call = tuple["Future[Any]", Any, tuple[Any, ...]]


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers(Executor):
    """``count`` workers, all but one of them processes; functions and arguments are pickled."""

    def __init__(self, count: int, folder: str = "", *, alone: bool = False) -> None:
        """Start the processes; they remove ``folder`` should they survive this one.

        ``alone``: all are processes, and this one only waits.
        """
        self.count = count
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._processes = [_start(folder) for _ in range(count if alone else count - 1)]
        self._threads = [
            threading.Thread(target=_serve, args=(process, self._calls), daemon=True)
            for process in self._processes
        ]
        if not alone:
            here = (self._calls, self._stopped)
            self._threads.append(threading.Thread(target=_work, args=here, daemon=True))
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn(*args)`` in a worker (keyword arguments are not passed on)."""
        assert not kwargs
        future: Future[Any] = Future()
        self._calls.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - the signature of Executor
        """Stop the processes at once; calls that still run there are lost."""
        self._stopped.set()
        for _ in self._threads:
            self._calls.put(None)
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert stream is not None
                    stream.close()
        for thread in self._threads:
            thread.join(timeout=5)


def _start(folder: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, *_COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None
    send(process.stdin, (sys.path, folder))
    return process


def _work(calls: queue.SimpleQueue[_Call | None], stopped: threading.Event) -> None:
    """Answer calls here."""
    while (call := calls.get()) is not None:
        future, function, arguments = call
        if stopped.is_set():
            future.cancel()
        if not future.set_running_or_notify_cancel():
            continue
        try:
            answer = function(*arguments)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            future.set_exception(error)
        else:
            future.set_result(answer)


def _serve(process: subprocess.Popen[bytes], calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        future, function, arguments = call
        if not future.set_running_or_notify_cancel():
            continue
        try:
            good, answer = _asked(process, function, arguments)
        except (OSError, EOFError):
            good, answer = False, _gone(process)
        except Exception as error:  # noqa: BLE001 - what cannot be pickled: whoever waits is told
            good, answer = False, error
        if good:
            future.set_result(answer)
        else:
            future.set_exception(answer)


def _asked(
    process: subprocess.Popen[bytes], function: Any, arguments: tuple[Any, ...]
) -> tuple[bool, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    send(process.stdin, (function, arguments))
    good, answer = receive(process.stdout)
    return good, answer


def _gone(process: subprocess.Popen[bytes]) -> InputError:
    return InputError(
        f"a worker process ended (exit status {process.poll()})",
        hint="it may have run out of memory: load fewer files at once",
    )
