"""Where a watched pool is tapped: wrapped methods of one pool, engine and dialect.

SQLAlchemy has no event for the start of a wait, and its lists of listeners must not change
while other threads run through them. So nothing is listened to: instances (never classes)
get wrapped methods, which go away in one step each.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any

from perfkit.probes.patches import Patches
from perfkit.probes.pool_use import Use

if TYPE_CHECKING:
    from perfkit.probes.pool_ledger import Ledger

__all__ = ["Hooks"]

#: Where a dialect talks to the database while a connection is held.
_STATEMENTS = ("do_execute", "do_executemany", "do_execute_no_params")
_ENDINGS = ("do_commit", "do_rollback")


class Hooks:
    """The wrapped methods of one engine; :meth:`undo` restores them."""

    def __init__(self, engine: Any, ledger: Ledger, name: str) -> None:
        """Prepare to write the uses of the engine's pool, called ``name``, into ``ledger``."""
        self._engine = engine
        self._ledger = ledger
        self._name = name
        self._patches = Patches()
        self._over = False

    def install(self) -> None:
        """Wrap the pool, and everything that tells the pool's use or end."""
        self._tap_pool()
        dialect = self._engine.dialect
        for method in _STATEMENTS:
            self._patches.wrap(dialect, method, self._statement)
        for method in _ENDINGS:
            self._patches.wrap(dialect, method, self._ending)
        self._patches.wrap(self._engine, "dispose", self._dispose)

    def undo(self) -> None:
        """Restore every method; calls that are under way pass through unnoticed."""
        self._over = True
        self._patches.undo()

    def _tap_pool(self) -> None:
        pool = self._engine.pool
        self._patches.wrap(pool, "connect", lambda connect: self._connect(pool, connect))
        self._patches.wrap(pool, "_do_return_conn", self._give_back)

    def _dispose(self, dispose: Any) -> Any:
        @wraps(dispose)
        def disposed(*args: Any, **options: Any) -> None:
            dispose(*args, **options)
            if not self._over:
                self._tap_pool()  # connections of the old pool still come back to the old one

        return disposed

    def _connect(self, pool: Any, connect: Any) -> Any:
        in_task = bool(getattr(pool, "_is_asyncio", False))
        ledger = self._ledger

        @wraps(connect)
        def connected() -> Any:
            if self._over:
                return connect()
            use = Use(self._name, in_task=in_task)
            ledger.asked(use)
            try:
                fairy = connect()
            except BaseException as error:
                ledger.refused(use, timed_out=_is_timeout(error))
                raise
            ledger.got(use, _record(fairy))
            return fairy

        return connected

    def _give_back(self, give_back: Any) -> Any:
        @wraps(give_back)
        def given_back(record: Any) -> None:
            use = self._ledger.returning(id(record))
            give_back(record)
            if use is not None:
                self._ledger.end(use)

        return given_back

    def _statement(self, execute: Any) -> Any:
        @wraps(execute)
        def executed(*args: Any, **options: Any) -> Any:
            context = options.get("context") or args[-1]
            connection = getattr(context, "root_connection", None)
            fairy = getattr(connection, "_dbapi_connection", None)
            return self._busy(fairy, execute, args, options)

        return executed

    def _ending(self, end: Any) -> Any:
        @wraps(end)
        def ended(*args: Any, **options: Any) -> Any:
            return self._busy(args[0], end, args, options)

        return ended

    def _busy(self, fairy: Any, call: Any, args: Any, options: Any) -> Any:
        use = self._ledger.held.get(_record(fairy))
        if use is None:
            return call(*args, **options)
        began = time.perf_counter_ns()
        try:
            return call(*args, **options)
        finally:
            use.busy_ns += time.perf_counter_ns() - began


def _record(fairy: Any) -> int:
    """Return what identifies a lent connection until it is given back."""
    return id(getattr(fairy, "_connection_record", None))


def _is_timeout(error: BaseException) -> bool:
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    return isinstance(error, PoolTimeout)
