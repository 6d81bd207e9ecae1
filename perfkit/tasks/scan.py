"""``perfkit.scan``: digest logs of any size; memory does not grow with them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial as bound
from typing import TYPE_CHECKING, Any

from perfkit import tables
from perfkit.analyses.digest import digested
from perfkit.analyses.digests.merging import merge
from perfkit.analyses.digests.partial import Partial, partial
from perfkit.errors import InputError
from perfkit.ingest.chosen import Chosen, choose
from perfkit.ingest.crew import Crew
from perfkit.ingest.joined import finished, joined, nothing
from perfkit.ingest.options import Filters, Options, checked
from perfkit.ingest.progress import Progress
from perfkit.ingest.reading import Reducer, read
from perfkit.ingest.recorded import recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pyarrow as pa

    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["Scan", "scan"]

#: So many partial digests are added up at once.
_BATCH = 8


def scan(
    *inputs: Any,
    format: str | None = None,  # noqa: A002 - the word people type
    tz: str | None = None,
    encoding: str | None = None,
    prefix: str | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    database: str | None = None,
    user: str | None = None,
    application: str | None = None,
    min_duration_ms: float | None = None,
    executor: Any = None,
) -> Scan:
    """Name logs to digest without keeping their rows; nothing is read yet.

    The arguments are those of :func:`perfkit.load`; times need a day.

    Raises:
        UsageError: an option makes no sense.

    Example:
        >>> scan("/var/log/postgresql/*.gz").digest()  # doctest: +SKIP
        >>> scan("s3://logs/*.gz", executor=client).digest()  # doctest: +SKIP
    """
    filters = Filters(
        since=since,
        until=until,
        database=database,
        user=user,
        application=application,
        min_duration_ms=min_duration_ms,
    )
    filters.require_days()
    options = checked(format, None, None, None, tz, encoding, prefix, filters)
    return Scan(inputs=inputs, options=options, executor=executor)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Logs that are read anew by every question."""

    inputs: tuple[Any, ...]
    options: Options
    executor: Any = None

    def digest(self, group_by: str = "fingerprint") -> Result:
        """Rank statements by total time, as :func:`perfkit.digest` does.

        Counts and sums are exact; percentiles are within 1 % (see :mod:`perfkit.sketch`), and
        the result says so.

        Args:
            group_by: a column of ``queries`` instead of the statement's fingerprint.

        Raises:
            InputError: an input cannot be used.
            UsageError: ``group_by`` is no column.
        """
        heap = _Heap(group_by)
        with ExitStack() as stack:
            chosen = choose(self.inputs, self.options, stack)
            progress = stack.enter_context(closing(Progress(chosen.total)))
            crew = stack.enter_context(Crew(self.executor, total=chosen.total))
            reducer = Reducer(reduce=heap.reduce, take=heap.take)
            terms, encoding = self.options.terms, self.options.encoding
            read(chosen.logs, terms, crew, progress, encoding=encoding, reducer=reducer)
            parts = _rest(chosen, self.options)
        if not parts:
            raise nothing(chosen.skipped)
        for part in parts:  # what crossed the pieces, and what needed no parsing
            heap.take(heap.reduce(part.contents))
        rec = finished(joined(parts, self.options.terms.zone or "UTC"), chosen.skipped)
        return digested(heap.whole(), rec)


class _Heap:
    """The partial digests, added up before they are many."""

    def __init__(self, group_by: str) -> None:
        self.reduce = bound(_digested, by=group_by)
        self._parts: list[Partial] = []

    def take(self, part: Partial) -> None:
        self._parts.append(part)
        if len(self._parts) >= _BATCH:
            self._parts = [merge(self._parts)]

    def whole(self) -> Partial:
        return merge(self._parts)


def _digested(contents: Mapping[str, pa.Table], *, by: str) -> Partial:
    queries = contents.get("queries")
    return partial(
        tables.empty("queries") if queries is None else queries, contents.get("events"), by=by
    )


def _rest(chosen: Chosen, options: Options) -> list[Recording]:
    """Return the rows that no piece could decide, with the sources of all rows."""
    parts = list(chosen.recordings.values())
    for log in chosen.logs:
        try:
            if log.error is not None:
                raise log.error
            parts.append(recorded(log, options.terms.keep, reduced=True))
        except InputError as error:
            if log.inputs[0].found.given:
                raise
            chosen.skipped.append(error)
    return parts
