"""A recording in one file: a zip of Parquet tables and a manifest, which holds data only.

``manifest.json`` is the first member and begins with ``{"format": "perfkit-recording"``, so
that the file is known by its first bytes; each table is ``<name>.parquet``. Other members are
ignored, and no name in the zip is ever used as a path.

A recording is refused when it would unpack to more than 1 GiB and more than 100 times its own
size (four million rows of spans and statements: 13 times), so that a small file from
elsewhere cannot fill the memory.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import clock, files, tables
from perfkit.errors import InputError, PerfkitError, UsageError
from perfkit.recording import Note, Recording, Rejected, Source
from perfkit.visible import visible

if TYPE_CHECKING:
    import os

__all__ = ["SCHEMA", "is_archive", "reopen", "save"]

#: Version of the layout. A reader refuses a newer one and reads every older one.
SCHEMA = 1

_FORMAT = "perfkit-recording"
_MANIFEST = "manifest.json"
_ALWAYS_ALLOWED = 1 << 30
_EXPANSION = 100
_MANIFEST_LIMIT = 64 << 20
_AGAIN = "save it again with rec.save(path), or load the original files"
_TEXTS = {pa.string(), pa.binary(), tables.ARROW["category"]}
_OLD = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can state: equal recordings, equal bytes


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """Everything of a recording that is no table; ``tables`` holds their row counts."""

    zone: str
    sources: tuple[Source, ...]
    rejected: tuple[Rejected, ...]
    quality: tuple[Note, ...]
    tables: dict[str, int]


def save(rec: Recording, path: str | os.PathLike[str]) -> None:
    """Write ``rec`` to ``path``; an existing file is replaced only when all is written.

    Raises:
        UsageError: ``path`` is no regular file or cannot be written, or the recording unpacks
            to so much that it could not be reopened (see the module).
    """
    target = Path(path)
    shown = visible(str(target), 200)
    if target.exists() and not target.is_file():
        raise UsageError(f"{shown}: is not a regular file", hint='rec.save("incident.perfkit")')
    packed = _packed(rec)
    if sum(_weight(name, table) for name, table in rec.contents.items()) > _allowed(len(packed)):
        raise UsageError(
            f"{shown}: the recording is too large and too uniform to be reopened safely",
            hint="save a part of it: rec.between(start, end).save(...)",
        )
    files.write_whole(target, packed)


def reopen(path: str | os.PathLike[str]) -> Recording:
    """Read a recording that :func:`save` wrote; the schema of every table is applied again.

    Raises:
        InputError: no such file, not a recording, damaged, too large when unpacked, or written
            by a newer version.

    Example:
        >>> rec = reopen("incident.perfkit")
    """
    shown = visible(str(path), 200)
    try:
        with zipfile.ZipFile(path) as packed:
            allowed = _allowed(Path(path).stat().st_size)
            _require_size(sum(member.file_size for member in packed.infolist()), allowed)
            manifest = _manifest(_member(packed, _MANIFEST, _MANIFEST_LIMIT))
            clock.time_zone(manifest.zone)
            contents = _contents(packed, manifest, allowed)
    except PerfkitError as error:
        raise InputError(f"{shown}: {error.message}", hint=error.hint) from None
    except OSError as error:
        raise InputError(
            f"{shown}: cannot be read ({error.strerror or error})", hint="check the path"
        ) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise InputError(
            f"{shown}: is not a recording, or is damaged ({visible(str(error), 100)})", hint=_AGAIN
        ) from None
    return Recording(
        contents=contents,
        inputs=manifest.sources,
        rejects=manifest.rejected,
        quality=manifest.quality,
        zone=manifest.zone,
    )


def is_archive(first_bytes: bytes, path: str | os.PathLike[str]) -> bool:
    """Say whether a file is a recording: by its first bytes, or a zip named ``*.perfkit``.

    The name serves for a recording that was zipped again in another order.
    """
    if not first_bytes.startswith(b"PK\x03\x04"):
        return False
    return _FORMAT.encode() in first_bytes[:256] or Path(path).suffix == ".perfkit"


def _packed(rec: Recording) -> bytes:
    import pyarrow.parquet as pq

    manifest = {
        "format": _FORMAT,
        "schema": SCHEMA,
        "zone": rec.zone,
        "sources": [asdict(source) for source in rec.inputs],
        "rejected": [asdict(row) for row in rec.rejects],
        "quality": [asdict(note) for note in rec.quality],
        "tables": {name: table.num_rows for name, table in rec.contents.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        # json, not msgspec: file names may hold bytes that are no UTF-8 (lone surrogates).
        packed.writestr(zipfile.ZipInfo(_MANIFEST, _OLD), json.dumps(manifest))
        for name, table in rec.contents.items():
            info = zipfile.ZipInfo(f"{name}.parquet", _OLD)
            with packed.open(info, "w", force_zip64=True) as member:
                pq.write_table(table, member, compression="zstd")
    return buffer.getvalue()


def _manifest(data: bytes) -> _Manifest:
    try:
        found = json.loads(data)
        known = isinstance(found, dict) and found.get("format") == _FORMAT
        version = found.get("schema") if known else None
        if isinstance(version, int) and version > SCHEMA:
            raise InputError(
                f"was written by a newer perfkit (schema {version}; this one reads {SCHEMA})",
                hint="pip install --upgrade perfkit",
            )
        if type(version) is not int or version < 1:
            raise InputError("is not a perfkit recording", hint=_AGAIN)
        return msgspec.convert(found, _Manifest)
    except (UnicodeDecodeError, json.JSONDecodeError, msgspec.ValidationError, RecursionError):
        raise InputError("its manifest is damaged", hint=_AGAIN) from None


def _contents(packed: zipfile.ZipFile, manifest: _Manifest, allowed: int) -> dict[str, pa.Table]:
    contents = {}
    for name, rows in manifest.tables.items():
        tables.schema(name)
        data = _member(packed, f"{name}.parquet", allowed)
        try:
            table = tables.conform(_decoded(name, data, allowed), name)
            table.validate(full=True)
        except (pa.ArrowException, OSError, KeyError, PerfkitError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"its table {name!r} is damaged", hint=_AGAIN) from error
        if table.num_rows != rows:
            raise InputError(
                f"its table {name!r} has {table.num_rows} rows, not {rows}", hint=_AGAIN
            )
        allowed -= _weight(name, table)
        contents[name] = table
    return contents


def _member(packed: zipfile.ZipFile, name: str, allowed: int) -> bytes:
    """Return the bytes of member ``name``, which must be plain or deflated."""
    try:
        info = packed.getinfo(name)
        _require_size(info.file_size, allowed)
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise InputError(f"its part {name} is packed in an unknown way", hint=_AGAIN)
        with packed.open(info) as member:
            return member.read(info.file_size)  # a stream that holds more is cut here
    except KeyError:
        raise InputError(f"is not a perfkit recording: it has no {name}", hint=_AGAIN) from None
    except (zlib.error, EOFError, RuntimeError, ValueError) as error:
        if isinstance(error, PerfkitError):
            raise
        raise InputError(f"its part {name} is damaged or encrypted", hint=_AGAIN) from error


def _decoded(name: str, data: bytes, allowed: int) -> pa.Table:
    """Decode Parquet, bounded by what its footer declares and by what really comes out.

    Texts are read as dictionaries, so that a long one repeated in every row stays one text
    until the size it would take is known.
    """
    import pyarrow.parquet as pq

    shape = pq.read_metadata(pa.BufferReader(data))
    held = shape.schema.to_arrow_schema().names
    columns = [field for field in tables.TABLES[name] if field.name in held]
    groups = [shape.row_group(number) for number in range(shape.num_row_groups)]
    _require_size(sum(group.total_byte_size for group in groups), allowed)
    _require_size(sum(group.num_rows for group in groups) * len(columns), allowed)
    texts = [field.name for field in columns if field.type in _TEXTS]
    parquet = pq.ParquetFile(pa.BufferReader(data), metadata=shape, read_dictionary=texts)
    table = parquet.read([field.name for field in columns])
    _require_size(_weight(name, table), allowed)
    return table


def _weight(name: str, table: pa.Table) -> int:
    """Return about how many bytes ``table`` takes in the types of its schema."""
    kinds = {field.name: field.type for field in tables.TABLES[name]}
    spread = [c for c in table.column_names if kinds[c] in {pa.string(), pa.binary()}]
    return int(8 * table.num_rows * table.num_columns) + sum(_spread(table[c]) for c in spread)


def _spread(column: pa.ChunkedArray) -> int:
    """Return the bytes of all texts of a column, a repeated one counted every time."""
    total = 0
    for chunk in column.chunks:
        coded = pa.types.is_dictionary(chunk.type)
        lengths = pc.binary_length(chunk.dictionary if coded else chunk)
        total += int(pc.sum(lengths.take(chunk.indices) if coded else lengths).as_py() or 0)
    return total


def _allowed(size: int) -> int:
    return max(_ALWAYS_ALLOWED, _EXPANSION * size)


def _require_size(size: int, allowed: int) -> None:
    if size > allowed:
        raise InputError(
            f"unpacks to {size >> 20} MB, more than the {allowed >> 20} MB that its size allows",
            hint="load the original files instead",
        )
