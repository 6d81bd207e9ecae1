"""``perfkit.scan``: ask logs of any size; memory does not grow with them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial as bound
from typing import TYPE_CHECKING, Any

from perfkit import budget as budgets
from perfkit.analyses.baseline import described
from perfkit.analyses.digest import digest, digested
from perfkit.analyses.digests.keys import grouping
from perfkit.analyses.digests.tellers import covered, is_split
from perfkit.ingest.chosen import choose
from perfkit.ingest.crew import Crew
from perfkit.ingest.found import find
from perfkit.ingest.joined import finished, nothing
from perfkit.ingest.load import parts_of
from perfkit.ingest.options import Filters, Options, checked
from perfkit.ingest.progress import Progress
from perfkit.ingest.reading import Reducer, read
from perfkit.ingest.work import Whole
from perfkit.recording import Note
from perfkit.sources import by_trust
from perfkit.span_joining import joined
from perfkit.tasks.scanned import Around, Sum, Terms, counted
from perfkit.tasks.scanned_requests import RequestSum, counted_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    import pyarrow as pa

    from perfkit.analyses.baselines.result import Baseline
    from perfkit.analyses.digests.tellers import Teller
    from perfkit.ingest.pieces import Piece
    from perfkit.ingest.reading import Log
    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["Scan", "scan"]


def scan(
    *inputs: Any,
    format: str | None = None,  # noqa: A002 - the word people type
    tz: str | None = None,
    encoding: str | None = None,
    prefix: str | None = None,
    log_format: str | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    database: str | None = None,
    user: str | None = None,
    application: str | None = None,
    min_duration_ms: float | None = None,
    executor: Any = None,
) -> Scan:
    """Name logs to ask without keeping their rows; nothing is read yet.

    The arguments are those of :func:`perfkit.load`; times need a day.

    Raises:
        UsageError: an option makes no sense.

    Example:
        >>> scan("/var/log/postgresql/*.gz").digest()  # doctest: +SKIP
        >>> scan("s3://logs/*.gz", executor=client).baseline()  # doctest: +SKIP
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
    options = checked(
        format, None, None, None, tz, encoding, prefix, filters, log_format=log_format
    )
    return Scan(inputs=inputs, options=options, executor=executor)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Logs that are read anew by every question."""

    inputs: tuple[Any, ...]
    options: Options
    executor: Any = None

    def digest(self, group_by: str | Sequence[str] = "fingerprint") -> Result:
        """Rank statements by total time, as :func:`perfkit.digest` does.

        Counts and sums are exact; percentiles are within 1 % (see :mod:`perfkit.sketch`), and
        the result says so. Who held a lock is looked up within 16 MB of log. What takes the rows
        themselves is left to :func:`perfkit.digest`: calls per request, spans exported twice.

        Where a log and a trace tell of the same statements for a part of the time, the inputs
        are read twice.

        Args:
            group_by: as for :func:`perfkit.digest`.

        Raises:
            InputError: an input cannot be used.
            UsageError: ``group_by`` is no column.
        """
        by = grouping(group_by)
        found, rec = self._statements(Terms(by=by, covered={}))
        spans = covered(found.told, by_trust(rec.quality))
        split = [teller for teller, part in found.told.items() if is_split(part, spans[teller])]
        if split and not self._is_read_once:
            found, rec = self._statements(Terms(by=by, covered=spans))
            spans = {}
        elif split:
            rec = rec.with_quality(_left_out(split))
        rec = replace(rec, contents={"statement_totals": found.totals})
        if found.totals.num_rows and not found.told:
            return digest(rec, by)
        names = [source.name for source in rec.inputs]
        return digested(found.whole(spans, names), rec)

    def baseline(self, *, budget: str | None = None) -> Baseline:
        """Describe every route, as :func:`perfkit.baseline` does.

        Counts, errors, sums and extremes are exact; percentiles are within 1 % (see
        :mod:`perfkit.sketch`), and the result says so. The course over time is that of all
        requests. Rules that look at requests one by one are left to :func:`perfkit.baseline`.

        Args:
            budget: as for :func:`perfkit.baseline`.

        Raises:
            InputError: an input cannot be used.
            UsageError: the budget is not understood.
        """
        limit = None if budget is None else budgets.parse(budget)
        found = RequestSum()
        rec = self._read(found, counted_requests)
        served, sent = found.whole()
        rec = rec.with_quality(*found.notes, *_told_twice(rec, found.loggers))
        return described(served, rec, budget=limit, sent=sent)

    def _statements(self, terms: Terms) -> tuple[Sum, Recording]:
        """Count all statements; the recording says what was read."""
        found = Sum(terms)
        rec = self._read(found, bound(counted, terms=terms))
        return found, rec.with_quality(*found.notes)

    def _read(self, found: Sum | RequestSum, count: Callable[..., Any]) -> Recording:
        """Count everything with ``count`` and add it to ``found``; return what was read."""
        with ExitStack() as stack:
            chosen = choose(self.inputs, self.options, stack)
            progress = stack.enter_context(closing(Progress(chosen.total)))
            crew = stack.enter_context(Crew(self.executor, total=chosen.total))
            reducer = Reducer(reduce=bound(self._counter, count), take=found.take)
            said = self.options.terms
            read(chosen.logs, said, crew, progress, encoding=self.options.encoding, reducer=reducer)
            parts = parts_of(chosen, self.options, reduced=True)
        if not parts:
            raise nothing(chosen.skipped)
        for part in parts:  # what crossed the pieces, and what needed no parsing
            names = [source.name for source in part.inputs]
            found.take(count(part.contents, names=names))
        return finished(joined(parts, said.zone or "UTC"), chosen.skipped)

    def _counter(
        self, count: Callable[..., Any], log: Log, place: int, piece: Piece | Whole
    ) -> Callable[[Mapping[str, pa.Table]], Any]:
        """Return what counts the rows of a piece."""
        around, wrapping = None, log.inputs[place].wrapping
        if wrapping is not None and not isinstance(piece, Whole):
            around = Around(
                wrapping=wrapping.part(piece.line, piece.lines),
                line=piece.line,
                keep=self.options.terms.keep,
            )
        names = [one.found.name for one in log.inputs]
        return bound(count, names=names, around=around)

    @property
    def _is_read_once(self) -> bool:
        named = (i if isinstance(i, list | tuple) else [i] for i in self.inputs)
        return any(one.readable_once for items in named for item in items for one in find(item))


def _told_twice(rec: Recording, loggers: AbstractSet[str]) -> list[Note]:
    formats = sorted({source.format for source in rec.inputs if source.name in loggers})
    if len(formats) < 2:  # noqa: PLR2004 - two may tell of the same
        return []
    message = (
        f"requests come from logs of several kinds ({', '.join(formats)}): those that two of them"
        " tell of are counted twice here; load() counts each once"
    )
    return [Note(kind="told_twice", message=message)]


def _left_out(split: Sequence[Teller]) -> Note:
    kinds = ", ".join(sorted(teller.kind or "unknown" for teller in split))
    return Note(
        kind="left_out",
        message=f"statements with durations of another source ({kinds}) are left out: it tells in"
        " part of the same ones, and a stream cannot be read twice; load() counts each once",
    )
