"""Rows on disk instead of in memory: Arrow files, mapped, so that only what is read is loaded.

A mapped table is a table like any other. Its pages come from the file when a column is looked
at, and the system drops them again when memory is short. The file is removed from its directory
as soon as it is mapped: the rows live as long as the table, and nothing is left behind, not
even by a process that was killed.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from perfkit.errors import InputError
from perfkit.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["mapped", "spilled", "written"]


def written(contents: Mapping[str, pa.Table], folder: str) -> dict[str, str]:
    """Write each table to a file of its own in ``folder``; return the names of the files.

    Raises:
        InputError: there is no room.
    """
    return {name: _write(table, folder) for name, table in contents.items()}


def mapped(files: Mapping[str, str]) -> dict[str, pa.Table]:
    """Return the tables in the files of :func:`written`, and unlink the files."""
    return {name: _map(file) for name, file in files.items()}


def spilled(contents: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Move tables out of memory."""
    return mapped(written(contents, tempfile.gettempdir()))


def _write(table: pa.Table, folder: str) -> str:
    handle, file = tempfile.mkstemp(suffix=".arrow", prefix="perfkit-", dir=folder)
    os.close(handle)
    try:
        with pa.OSFile(file, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(_one_dictionary(table))
    except (OSError, pa.ArrowException) as error:
        with suppress(OSError):
            os.unlink(file)  # noqa: PTH108 - a plain name
        raise InputError(
            f"{folder}: {format_bytes(table.nbytes)} of rows cannot be kept there ({error})",
            hint="make room, or set TMPDIR to a folder with more",
        ) from None
    return file


def _one_dictionary(table: pa.Table) -> pa.Table:
    """A file holds one dictionary per column."""
    return table.unify_dictionaries().combine_chunks()


def _map(file: str) -> pa.Table:
    with pa.memory_map(file) as source:
        table = pa.ipc.open_file(source).read_all()
    with suppress(OSError):  # Windows keeps a mapped file until the end
        os.unlink(file)  # noqa: PTH108 - a plain name
    return table
