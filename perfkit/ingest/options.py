"""What the user may say about all inputs of one call, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit import clock, tables
from perfkit.errors import UsageError
from perfkit.formats.registry import named
from perfkit.formats.requests.access.log_format import HINT, OWN, template_of
from perfkit.ingest.mapped import Layout
from perfkit.ingest.pieces import Terms
from perfkit.keep import Keep

if TYPE_CHECKING:
    from datetime import datetime

    from perfkit.formats.model import Format

__all__ = ["Filters", "Options", "checked"]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which rows are wanted, as people type it; a bare ``since="14:02"`` waits for the day."""

    since: str | datetime | None = None
    until: str | datetime | None = None
    database: str | None = None
    user: str | None = None
    application: str | None = None
    min_duration_ms: float | None = None

    def keep(self, zone: str) -> Keep:
        """Return what can be judged row by row.

        Raises:
            UsageError: a time that is none, a duration that is none.
        """
        _require_duration(self.min_duration_ms)
        return Keep(
            since=_ns(self.since, zone),
            until=_ns(self.until, zone),
            database=self.database,
            user=self.user,
            application=self.application,
            min_duration_ms=self.min_duration_ms,
        )

    def require_days(self) -> None:
        """Refuse times without a day, for whoever reads the input once only.

        Raises:
            UsageError: there is one.
        """
        bare = next((time for time in self.bare if time is not None), None)
        if bare is not None:
            raise UsageError(
                f"scan: time {bare!r} has no day", hint=f'write the day too: "2026-11-20 {bare}"'
            )

    @property
    def bare(self) -> tuple[str | None, str | None]:
        """The times without a day."""
        since, until = (value if _is_bare(value) else None for value in (self.since, self.until))
        return since, until  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was said, ready to be used."""

    item: Format | None
    layout: Layout | None
    encoding: str | None
    terms: Terms
    filters: Filters


def checked(
    name: str | None,
    table: str | None,
    columns: Any,
    unit: str | None,
    tz: Any,
    encoding: str | None,
    prefix: str | None,
    filters: Filters,
    *,
    log_format: str | None = None,
) -> Options:
    """Check what was said.

    Raises:
        UsageError: an option makes no sense.
    """
    _require_zone(tz)
    _require_names(columns)
    if table is None and (columns is not None or unit is not None):
        raise UsageError(
            "load: columns= and unit= describe a table of your own",
            hint='name it too: table="requests"',
        )
    if table is not None and name is not None:
        raise UsageError("load: format= and table= exclude each other", hint="drop one of them")
    if table is not None:
        tables.schema(table)
    if log_format is not None:
        name = _by_log_format(log_format, name or table)
    hints = {"prefix": prefix, HINT: log_format}
    return Options(
        item=named(name) if name else None,
        layout=Layout(table=table, columns=columns or {}, unit=unit, zone=tz) if table else None,
        encoding=encoding,
        terms=Terms(
            zone=tz,
            hints={key: said for key, said in hints.items() if said},
            keep=filters.keep(tz or "UTC"),
        ),
        filters=filters,
    )


def _by_log_format(log_format: Any, other: str | None) -> str:
    """Return the name of the format that reads lines in a server's log format.

    Raises:
        UsageError: it is none, or another format is asked for as well.
    """
    if not isinstance(log_format, str):
        raise UsageError(
            "load: log_format= is no text", hint="log_format='$remote_addr [$time_local] ...'"
        )
    template_of(log_format)
    if other not in {None, OWN}:
        raise UsageError(
            f"load: log_format= and {other!r} (format= or table=) exclude each other",
            hint="drop one of them",
        )
    return OWN


def _require_zone(tz: Any) -> None:
    if tz is None:
        return
    if not isinstance(tz, str):
        raise UsageError("load: tz= is no name of a time zone", hint='tz="UTC"')
    clock.time_zone(tz)


def _require_names(columns: Any) -> None:
    if columns is None:
        return
    pairs = columns.items() if isinstance(columns, Mapping) else [(columns, columns)]
    if not all(isinstance(name, str) for pair in pairs for name in pair):
        raise UsageError(
            "load: columns= does not say which column of the file is which of the table",
            hint='columns={"took": "duration_ms"}',
        )


def _require_duration(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(
            f"min_duration_ms: {value!r} is no duration", hint="in milliseconds, such as 100"
        )


def _is_bare(value: str | datetime | None) -> bool:
    return isinstance(value, str) and clock.is_bare(value)


def _ns(value: str | datetime | None, zone: str) -> int | None:
    if value is None or _is_bare(value):
        return None
    at = clock.moment(value, None, zone)
    return clock.to_ns(at)
