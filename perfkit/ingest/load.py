"""``perfkit.load``: files in, a Recording out."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError
from perfkit.ingest.chosen import Chosen, choose
from perfkit.ingest.crew import Crew
from perfkit.ingest.joined import finished, nothing
from perfkit.ingest.options import Filters, Options, checked
from perfkit.ingest.progress import Progress
from perfkit.ingest.reading import read
from perfkit.ingest.recorded import recorded
from perfkit.span_joining import joined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from perfkit.recording import Recording

__all__ = ["load", "parts_of"]


def load(
    *inputs: Any,
    format: str | None = None,  # noqa: A002 - the word people type
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    unit: str | None = None,
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
    routes: Any = None,
    executor: Any = None,
) -> Recording:
    """Read logs, traces and recordings; each file's format is recognised by its content.

    Large inputs are read by several processes, and their rows are kept on disk.

    Args:
        inputs: paths, patterns (``"logs/*.gz"``), directories (the files in them), open
            files, addresses that fsspec knows (``"s3://bucket/*.gz"``), ``.perfkit``
            recordings. gzip, bzip2, xz, zstd and zip are unpacked; what containers and log
            services put around the lines is taken off.
        format: the format's name, where recognition is in doubt.
        table: read a CSV, TSV, JSON-lines or Parquet file of your own as this table.
        columns: with ``table``: the file's names -> the table's, ``{"took": "duration_ms"}``.
        unit: with ``table``: the unit of the durations in ``columns`` (``"s"``, ``"ms"``, ...).
        tz: the time zone of times that name none, and of bare times such as ``"14:02"``.
        encoding: the encoding of text that is not UTF-8.
        prefix: PostgreSQL's ``log_line_prefix``, where it cannot be inferred.
        log_format: how a web server lays out the lines of its access log, as its configuration
            says: nginx's ``'$remote_addr [$time_local] "$request" ...'``, Apache's
            ``'%h %l %u %t "%r" ...'``, gunicorn's ``'%(h)s ...'``, morgan's ``':method ...'``.
        since: keep only what happened from then on (as in ``Recording.between``).
        until: keep only what happened before.
        database: keep only rows of this database.
        user: keep only rows of this user.
        application: keep only rows of this application.
        min_duration_ms: keep only statements, requests, spans and plans that took so long.
        routes: the routes of the application that served the requests: the application itself
            (FastAPI, Starlette, Flask), an OpenAPI document, a list, a file with one a line; see
            :meth:`Recording.with_routes`.
        executor: a ``concurrent.futures`` executor or a ``dask.distributed`` client to work
            there; you close it. By default, worker processes are started for large inputs.

    Raises:
        InputError: a file is missing, unreadable, empty, binary or in no known format.
        UsageError: an option makes no sense.
        MissingColumn: a column named in ``columns`` does not exist.

    Example:
        >>> rec = load("postgresql.log.gz", "traces/*.json")  # doctest: +SKIP
        >>> rec = load("x.csv", table="requests", columns={"took": "duration_ms"}, unit="s",
        ...            tz="UTC")  # doctest: +SKIP
    """
    filters = Filters(
        since=since,
        until=until,
        database=database,
        user=user,
        application=application,
        min_duration_ms=min_duration_ms,
    )
    options = checked(
        format, table, columns, unit, tz, encoding, prefix, filters, log_format=log_format
    )
    with ExitStack() as stack, Crew(executor) as crew:
        crew.hurry(inputs)
        chosen = choose(inputs, options, stack)
        crew.expect(chosen.total)
        with closing(Progress(chosen.total)) as progress:
            read(chosen.logs, options.terms, crew, progress, encoding=encoding)
        parts = parts_of(chosen, options)
    if not parts:
        raise nothing(chosen.skipped)
    rec = finished(joined(parts, tz or "UTC"), chosen.skipped)
    return _cut(rec if routes is None else rec.with_routes(routes), filters)


def parts_of(chosen: Chosen, options: Options, *, reduced: bool = False) -> list[Recording]:
    """Return what was read, in the order in which the inputs were named.

    ``reduced`` says that the rows of logs were not kept, except for those that no piece could
    decide.

    Raises:
        InputError: an input that was named itself cannot be used.
    """
    parts = {(place, 0): part for place, part in chosen.recordings.items()}
    for number, (place, log) in enumerate(zip(chosen.places, chosen.logs, strict=True)):
        try:
            if log.error is not None:
                raise log.error
            parts[place, number] = recorded(log, options.terms.keep, reduced=reduced)
        except InputError as error:
            if log.inputs[0].found.given:
                raise
            chosen.skipped.append(error)
    return [parts[place] for place in sorted(parts)]


def _cut(rec: Recording, filters: Filters) -> Recording:
    """Apply bare times, for which the day had to be known."""
    since, until = filters.bare
    if (since is None and until is None) or rec.span is None:
        return rec
    low, high = rec.span
    return rec.between(since or low, until or high)
