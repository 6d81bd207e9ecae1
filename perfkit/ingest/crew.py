"""Who does the work: this process for little, worker processes for much, or your executor."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from perfkit.errors import UsageError
from perfkit.ingest.pieces import CHUNK_BYTES
from perfkit.ingest.work import Done, Job, Whole, run, run_whole
from perfkit.ingest.workers import Workers, cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from perfkit.ingest.pieces import Piece

__all__ = ["Crew"]

Key = TypeVar("Key")

#: Less than this is done before worker processes have started (0.4 s each, measured).
LARGE_BYTES = 32 << 20

#: Pieces at once, per worker: one that runs, one that waits for it.
_AHEAD = 2
_SMALLEST_PIECE = 2 << 20


class Crew:
    """Runs pieces in order, several at once; a context manager that leaves nothing running."""

    def __init__(self, executor: Any = None, *, total: int = 0) -> None:
        """Decide who works.

        Args:
            executor: a ``concurrent.futures`` executor or a ``dask.distributed`` client of the
                caller's, who also closes it; None: processes of our own, where they pay.
            total: how many bytes are to be read, as far as that is known.

        Raises:
            UsageError: ``executor`` is none.
        """
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise UsageError(
                f"executor= has no submit() ({type(executor).__name__})",
                hint="pass a concurrent.futures executor or a dask.distributed Client",
            )
        self._given = executor
        self._own: Workers | None = None
        self._total = total
        self._seen = 0
        self.folder = ""

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the processes of our own and remove what they left."""
        if self._own is not None:
            self._own.shutdown()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def hurry(self, inputs: Iterable[Any]) -> None:
        """Start processes now if files that were named are surely large: they take half a second.

        Meanwhile it is found out what the inputs are. How much there is to read is said later.
        """
        files = [item for item in inputs if isinstance(item, (str, os.PathLike))]
        # unlike Path.is_file, this takes any text, however long
        known = [file for file in files if os.path.isfile(file)]  # noqa: PTH113 - see above
        if sum(os.stat(file).st_size for file in known) > LARGE_BYTES:  # noqa: PTH116 - may be text
            self._start()

    def expect(self, total: int) -> None:
        """Say how many bytes are to be read."""
        self._total = total

    @property
    def piece_bytes(self) -> int:
        """How large pieces should be, so that every worker gets several."""
        if self._given is not None or not self._total:
            return CHUNK_BYTES
        return max(_SMALLEST_PIECE, min(CHUNK_BYTES, self._total // (4 * cores())))

    @property
    def is_given(self) -> bool:
        """Whether the executor is the caller's."""
        return self._given is not None

    @property
    def is_far(self) -> bool:
        """Whether the work is done elsewhere: files here may not be seen there."""
        if self._given is None or isinstance(self._given, Executor):
            return False
        address = str(getattr(getattr(self._given, "scheduler", None), "address", ""))
        return not any(local in address for local in ("127.0.0.1", "inproc://", "[::1]"))

    def each(self, calls: Iterable[tuple[Key, Job, Piece | Whole]]) -> Iterator[tuple[Key, Done]]:
        """Yield what became of the pieces, in order, each with its key."""
        waiting: deque[tuple[Key, Any]] = deque()
        try:
            for key, job, piece in calls:
                self._seen += piece.size
                executor = self._executor()
                if executor is None:
                    yield from _results(key, _function(piece)(job, piece))
                    continue
                waiting.append((key, _submitted(executor, self._placed(job), piece)))
                if len(waiting) >= _AHEAD * _count(executor):
                    first, future = waiting.popleft()
                    yield from _results(first, future.result())
            while waiting:
                first, future = waiting.popleft()
                yield from _results(first, future.result())
        finally:
            for _, future in waiting:
                future.cancel()

    def _placed(self, job: Job) -> Job:
        """Let processes beside this one leave many rows in files: these need no way back."""
        if not self.folder and self._is_large and self._is_beside:
            self.folder = tempfile.mkdtemp(prefix="perfkit-")
        return replace(job, folder=self.folder) if self.folder else job

    @property
    def _is_large(self) -> bool:
        return max(self._total, self._seen) > LARGE_BYTES

    @property
    def _is_beside(self) -> bool:
        return not (self.is_far or isinstance(self._given, ThreadPoolExecutor))

    def _executor(self) -> Any:
        if self._given is not None:
            return self._given
        if self._is_large:
            self._start()
        return self._own

    def _start(self) -> None:
        """Start processes of our own, where they pay and nobody gave others."""
        if self._own is None and self._given is None and cores() > 1:
            self.folder = self.folder or tempfile.mkdtemp(prefix="perfkit-")
            self._own = Workers(cores(), self.folder)


def _function(piece: Piece | Whole) -> Any:
    return run_whole if isinstance(piece, Whole) else run


def _results(key: Key, answer: Done | list[Done]) -> Iterator[tuple[Key, Done]]:
    for done in answer if isinstance(answer, list) else [answer]:
        yield key, done


def _submitted(executor: Any, job: Job, piece: Piece | Whole) -> Any:
    if isinstance(executor, Executor):
        return executor.submit(_function(piece), job, piece)
    return executor.submit(_function(piece), job, piece, pure=False)  # Dask would hash the bytes


def _count(executor: Any) -> int:
    if isinstance(executor, Workers):
        return executor.count
    if isinstance(executor, Executor):
        return int(getattr(executor, "_max_workers", 0)) or cores()
    return sum(executor.nthreads().values()) or 1
