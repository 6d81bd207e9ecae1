"""Who waits for, holds and has held a connection: the books of one watched pool."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.probes.pool_use import Use

__all__ = ["KEPT_ROWS", "Ledger"]

#: Rows kept of each table, the newest ones: an hour and more of samples, some 40 MB at most.
KEPT_ROWS = 100_000


class Ledger:
    """Counts and uses of one pool, written from any thread.

    ``waiting`` and ``held`` change by single, atomic operations. The lock around the sums
    is re-entrant, because a garbage collection inside it may return a forgotten connection.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.waiting: dict[int, Use] = {}
        self.held: dict[int, Use] = {}
        self.finished: deque[Use] = deque(maxlen=KEPT_ROWS)
        self.undelivered: deque[Use] = deque(maxlen=KEPT_ROWS)
        self.requests = self.timeouts = self.ended = self.wait_ns = self.hold_ns = 0
        self._lock = threading.RLock()

    def asked(self, use: Use) -> None:
        """Note a request for a connection."""
        self.waiting[id(use)] = use

    def got(self, use: Use, record: int) -> None:
        """Note that the request was given the connection ``record``."""
        use.acquired = time.perf_counter_ns()
        self.held.setdefault(record, use)  # some pools lend one connection several times
        self._answered(use)

    def refused(self, use: Use, *, timed_out: bool) -> None:
        """Note that the request ended in an error; only a pool's time-out becomes a row."""
        use.released = time.perf_counter_ns()
        self._answered(use, timed_out=timed_out)
        if timed_out:
            self.end(use)

    def returning(self, record: int) -> Use | None:
        """Note that a connection goes back, and return its use if the watch saw it begin."""
        use = self.held.pop(record, None)
        if use is not None:
            use.released = time.perf_counter_ns()
        return use

    def end(self, use: Use) -> None:
        """Keep a use that is over."""
        with self._lock:
            self.ended += 1
            self.hold_ns += use.hold_ns or 0
        self.finished.append(use)
        self.undelivered.append(use)

    def end_all(self) -> None:
        """Keep what is still held as unfinished uses: the watch is over."""
        while self.held:
            self.end(self.held.popitem()[1])

    @property
    def lost(self) -> int:
        """How many uses were not kept, for lack of room."""
        return self.ended - len(self.finished)

    def _answered(self, use: Use, *, timed_out: bool = False) -> None:
        self.waiting.pop(id(use), None)
        with self._lock:
            self.requests += 1
            self.timeouts += timed_out
            self.wait_ns += use.wait_ns
