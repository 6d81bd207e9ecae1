"""``perfkit.load``: files in, a Recording out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perfkit import tables
from perfkit.clock import time_zone
from perfkit.errors import InputError, UnknownFormat, UsageError
from perfkit.formats.registry import named
from perfkit.ingest.found import Found, find, unzipped
from perfkit.ingest.joined import finished, joined
from perfkit.ingest.mapped import Layout
from perfkit.ingest.one import Options, is_archive, read
from perfkit.ingest.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.recording import Recording

__all__ = ["load"]


def load(
    *inputs: Any,
    format: str | None = None,  # noqa: A002 - the word people type
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    unit: str | None = None,
    tz: str | None = None,
    encoding: str | None = None,
) -> Recording:
    """Read logs, traces and recordings; each file's format is recognised by its content.

    Args:
        inputs: paths, patterns (``"logs/*.gz"``), directories (the files in them), open
            files, ``.perfkit`` recordings. gzip, bzip2, xz, zstd and zip are unpacked.
        format: the format's name, where recognition is in doubt.
        table: read a CSV, TSV, JSON-lines or Parquet file of your own as this table.
        columns: with ``table``: the file's names -> the table's, ``{"took": "duration_ms"}``.
        unit: with ``table``: the unit of the durations in ``columns`` (``"s"``, ``"ms"``, ...).
        tz: the time zone of times that name none, and of bare times such as ``"14:02"``.
        encoding: the encoding of text that is not UTF-8.

    Raises:
        InputError: a file is missing, unreadable, empty, binary or in no known format.
        UsageError: an option makes no sense.
        MissingColumn: a column named in ``columns`` does not exist.

    Example:
        >>> rec = load("postgresql.log.gz", "traces/*.json")  # doctest: +SKIP
        >>> rec = load("x.csv", table="requests", columns={"took": "duration_ms"}, unit="s",
        ...            tz="UTC")  # doctest: +SKIP
    """
    options = _options(format, table, columns, unit, tz, encoding)
    found = [one for item in _flat(inputs) for one in find(item)]
    if not found:
        raise UsageError("load: nothing to read was named", hint='perfkit.load("my.log")')
    progress = Progress()
    try:
        parts, skipped = _read_all(found, options, progress)
    finally:
        progress.close()
    if not parts:
        raise _nothing(skipped)
    return finished(joined(parts, tz or "UTC"), skipped)


def _options(
    name: str | None,
    table: str | None,
    columns: Mapping[str, str] | None,
    unit: str | None,
    tz: str | None,
    encoding: str | None,
) -> Options:
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
    layout = Layout(table=table, columns=columns or {}, unit=unit, zone=tz) if table else None
    chosen = named(name) if name else None
    return Options(format=chosen, layout=layout, zone=tz, encoding=encoding)


def _require_zone(tz: Any) -> None:
    if tz is None:
        return
    if not isinstance(tz, str):
        raise UsageError("load: tz= is no name of a time zone", hint='tz="UTC"')
    time_zone(tz)


def _require_names(columns: Any) -> None:
    if columns is None:
        return
    pairs = columns.items() if isinstance(columns, Mapping) else [(columns, columns)]
    if not all(isinstance(name, str) for pair in pairs for name in pair):
        raise UsageError(
            "load: columns= does not say which column of the file is which of the table",
            hint='columns={"took": "duration_ms"}',
        )


def _flat(inputs: Iterable[Any]) -> list[Any]:
    return [one for item in inputs for one in (item if isinstance(item, list | tuple) else [item])]


def _read_all(
    found: list[Found], options: Options, progress: Progress
) -> tuple[list[Recording], list[InputError]]:
    """Read what can be read; only an input that the user named itself may fail the call."""
    parts, skipped = [], []
    for whole in found:
        for one in _members(whole):
            try:
                parts.append(read(one, options, progress))
            except InputError as error:
                if one.given:
                    raise
                skipped.append(error)
    return parts, skipped


def _members(found: Found) -> list[Found]:
    try:
        first = found.first_bytes(512)
    except InputError:
        return [found]  # read says the same, where it is handled
    return [found] if is_archive(first, found) else unzipped(found)


def _nothing(skipped: list[InputError]) -> InputError:
    if len(skipped) == 1:
        return skipped[0]
    first = skipped[0].message
    return UnknownFormat(
        f"none of {len(skipped):,} files can be used, the first because: {first}",
        hint=skipped[0].hint,
    )
