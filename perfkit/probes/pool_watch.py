"""Watch a SQLAlchemy connection pool: who waits, how long, who holds, and meanwhile does what."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from perfkit.errors import UsageError
from perfkit.probes.pool_hooks import Hooks
from perfkit.probes.pool_ledger import KEPT_ROWS, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import pyarrow as pa

    from perfkit.recording import Note, Recording

__all__ = ["PoolWatch", "watch_pool"]

_MS = 1e-6  # nanoseconds to milliseconds


def watch_pool(
    engine: Any,
    *,
    name: str = "pool",
    on_event: Callable[[Mapping[str, Any]], object] | None = None,
    sample_every: float = 0.05,
) -> PoolWatch:
    """Watch the connection pool of a SQLAlchemy ``Engine`` or ``AsyncEngine``.

    A watched checkout costs some 10 to 20 µs; threads and asyncio tasks may use the
    engine meanwhile, and ``engine.dispose()`` is followed.

    Args:
        engine: the engine whose pool is watched.
        name: what the pool is called in the tables.
        on_event: called from the watch's own thread, never inside a checkout, with one
            dict per finished checkout and per sample: the columns of ``checkouts`` or
            ``pool_samples``, and ``event`` = ``"checkout"`` or ``"pool_sample"``. It must
            not raise.
        sample_every: seconds between two looks at the pool.

    Raises:
        UsageError: ``engine`` is no SQLAlchemy engine, or ``sample_every`` is not positive.

    Example:
        >>> with perfkit.watch_pool(engine) as watch:   # doctest: +SKIP
        ...     run_the_load()
        >>> perfkit.pool(watch.recording)               # doctest: +SKIP
    """
    sync = getattr(engine, "sync_engine", engine)
    while hasattr(sync, "_proxied"):  # engine.execution_options(...) shares its parent's pool
        sync = sync._proxied  # noqa: SLF001 - there is no public way to the parent
    if not (hasattr(sync, "pool") and hasattr(sync, "dialect")):
        raise UsageError(
            f"watch_pool: expected a SQLAlchemy engine, not {type(engine).__name__}",
            hint="watch_pool(sqlalchemy.create_engine(url))",
        )
    if not sample_every > 0:
        raise UsageError("watch_pool: sample_every is not above 0", hint="sample_every=0.05")
    return PoolWatch(sync, name=name, on_event=on_event, sample_every=sample_every)


class PoolWatch:
    """A running watch, made by :func:`watch_pool`; ``recording`` is what it saw so far.

    ``busy_ms`` of a checkout is the time inside execute, commit and rollback. Nested
    watches of one engine must end in reverse order, as ``with`` blocks do.
    """

    def __init__(
        self,
        engine: Any,
        *,
        name: str,
        on_event: Callable[[Mapping[str, Any]], object] | None,
        sample_every: float,
    ) -> None:
        """Prepare a watch of a synchronous engine; nothing is touched before ``with``."""
        self.name = name
        self._engine = engine
        self._on_event = on_event
        self._every = sample_every
        self._ledger = Ledger()
        self._hooks = Hooks(engine, self._ledger, name)
        self._samples: deque[dict[str, Any]] = deque(maxlen=KEPT_ROWS)
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._run, name=f"perfkit-{name}", daemon=True)

    def __enter__(self) -> Self:
        """Wrap the pool and start sampling."""
        if self._sampler.ident is not None:
            raise UsageError("watch_pool: this watch was used before", hint="call watch_pool again")
        self._hooks.install()
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore everything, keep what is still held as unfinished rows, deliver the rest."""
        self._stop.set()
        self._hooks.undo()
        self._sampler.join()
        self._ledger.end_all()
        self._deliver()

    @property
    def recording(self) -> Recording:
        """What was seen so far: tables ``pool_samples`` and ``checkouts``."""
        from perfkit.recording import Recording, Source

        contents = {
            "pool_samples": _table("pool_samples", list(self._samples)),
            "checkouts": _table("checkouts", [use.row() for use in tuple(self._ledger.finished)]),
        }
        lines = sum(table.num_rows for table in contents.values())
        source = Source(name=f"pool {self.name}", format="watch_pool", lines=lines, used=lines)
        return Recording(contents=contents, inputs=(source,), quality=self._limits())

    def _limits(self) -> tuple[Note, ...]:
        from perfkit.recording import Note

        lost = self._ledger.lost
        if lost <= 0:
            return ()
        text = f"pool {self.name}: the last {KEPT_ROWS} checkouts were kept, {lost} earlier not"
        return (Note(kind="truncated", message=text),)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._sample()
            self._deliver()
        self._sample()

    def _sample(self) -> None:
        row = {"at": datetime.now(UTC), "pool": self.name, **self._look()}
        self._samples.append(row)
        if self._on_event is not None:
            self._on_event({"event": "pool_sample", **row})

    def _look(self) -> dict[str, Any]:
        pool, ledger = self._engine.pool, self._ledger
        # The pool also counts what was lent before the watch; the ledger also what a
        # disposed pool lent.
        in_use = max(_count(pool, "checkedout"), len(ledger.held))
        idle = _count(pool, "checkedin")
        return {
            "size": in_use + idle,
            "max_size": _capacity(pool),
            "in_use": in_use,
            "idle": idle,
            "waiting": len(ledger.waiting),
            "timeouts_total": ledger.timeouts,
            "wait_ms_total": ledger.wait_ns * _MS,
            "hold_ms_total": ledger.hold_ns * _MS,
            "requests_total": ledger.requests,
        }

    def _deliver(self) -> None:
        while self._on_event is not None and self._ledger.undelivered:
            self._on_event({"event": "checkout", **self._ledger.undelivered.popleft().row()})


def _count(pool: Any, method: str) -> int:
    """Return a pool's own count, 0 for kinds of pool that do not count."""
    count = getattr(pool, method, None)
    return max(int(count()), 0) if callable(count) else 0


def _capacity(pool: Any) -> int | None:
    """Return how many connections may be open at once; None without a limit."""
    overflow = getattr(pool, "_max_overflow", None)
    if overflow is None or overflow < 0:
        return None
    return int(pool.size()) + int(overflow)


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    from perfkit import tables

    columns = {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}
    return tables.from_columns(name, {**columns, "source": [0] * len(rows)}, rows=len(rows))
