"""What people pass to ``load``: paths, globs, directories, zips, open files, addresses."""

from __future__ import annotations

import difflib
import glob
import io
import os
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from perfkit.errors import InputError, UsageError
from perfkit.ingest.packed import refuse_bomb
from perfkit.ingest.remote import Remote, find_remote, is_address
from perfkit.redact import redact_url
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Found", "find"]

_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One input: its name, and where its bytes are.

    ``given`` says that the user named this very input, not a directory or pattern it is in.
    """

    name: str
    path: Path | None = None
    member: str = ""
    stream: IO[Any] | None = None
    remote: Remote | None = None
    given: bool = True

    @property
    def readable_once(self) -> bool:
        """Whether the bytes are gone when they were read: an open file, a pipe."""
        if self.remote is not None:
            return False
        return self.path is None or not (self.member or self.path.is_file())

    @property
    def plain(self) -> Path | None:
        """The file that holds these bytes and no others, if there is one here."""
        return None if self.member or self.readable_once else self.path

    @contextmanager
    def opened(self) -> Iterator[IO[Any]]:
        """Open the input; a stream of the user's stays open.

        Raises:
            InputError: it cannot be opened.
        """
        if self.stream is not None:
            yield self.stream
            return
        try:
            stream = self._open()
        except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError) as error:
            raise _unreadable(self.name, error) from None
        with stream:
            yield stream

    def _open(self) -> IO[bytes]:
        if not self.member:
            return self._whole()
        with zipfile.ZipFile(self.path or self._whole()) as packed:
            member = packed.getinfo(self.member)
            refuse_bomb(self.name, member.compress_size, member.file_size)
            return packed.open(member)  # keeps the archive's file open until it is closed

    def _whole(self) -> IO[bytes]:
        if self.remote is not None:
            return self.remote.open()
        assert self.path is not None
        return self.path.open("rb")

    @property
    def size(self) -> int:
        """How many bytes it has, 0 when that cannot be known."""
        if self.remote is not None:
            return self.remote.size
        if self.path is None or self.readable_once:
            return 0
        return self.path.stat().st_size

    def first_bytes(self, count: int) -> bytes:
        """Return the first bytes of a file; what can be read once only is not touched."""
        if self.member or self.readable_once:
            return b""
        with self.opened() as stream:
            try:
                found: bytes = stream.read(count)
            except OSError as error:
                raise _unreadable(self.name, error) from None
            return found


def find(item: Any) -> list[Found]:
    """Return the inputs that ``item`` names.

    Raises:
        InputError: there is no such file, or it cannot be read.
        UsageError: it is neither a path nor an open file.
    """
    if isinstance(item, str | os.PathLike):
        return _named(os.fspath(item))
    if hasattr(item, "read"):
        return [_stream(item)]
    kind = type(item).__name__
    hint = "wrap them: perfkit.load(io.BytesIO(data))" if isinstance(item, bytes) else ""
    raise UsageError(
        f"load: expected paths or open files, not {kind}", hint=hint or 'perfkit.load("my.log")'
    )


def unzipped(found: Found) -> list[Found]:
    """Return the members of a zip (other inputs as they are)."""
    if found.first_bytes(4) != _ZIP:
        return [found]
    try:
        with found.opened() as stream, zipfile.ZipFile(stream) as packed:
            # of members with one name, the last counts, as when they are unpacked
            members = {info.filename for info in packed.infolist() if not info.is_dir()}
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(found.name, error) from None
    return [
        replace(found, name=f"{found.name}/{visible(member)}", member=member, given=False)
        for member in sorted(members)
    ]


def _stream(stream: Any) -> Found:
    name = getattr(stream, "name", None)
    if isinstance(stream, io.TextIOWrapper):
        with suppress(OSError, ValueError):  # bytes read ahead are given back
            stream.seek(stream.tell())
        stream = stream.buffer
    return Found(name=visible(name) if isinstance(name, str) else "<stream>", stream=stream)


def _named(text: str) -> list[Found]:
    if is_address(text):
        remotes = find_remote(text)
        return [Found(name=one.name, remote=one, given=len(remotes) == 1) for one in remotes]
    path = Path(text).expanduser()
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:  # too long, or with a NUL
        if "\n" in text:
            raise _missing(text, path) from None
        raise _unreadable(visible(redact_url(text), 200), error) from None
    if is_folder:
        return _in_directory(path)
    if is_there:
        return [Found(name=visible(str(text)), path=path)]
    if glob.has_magic(text):
        return _matching(text, path)
    raise _missing(text, path)


def _matching(text: str, pattern: Path) -> list[Found]:
    names = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - patterns may be absolute
    matches = [Path(name) for name in names if Path(name).is_file()]
    if not matches:
        raise InputError(f"{visible(text, 200)}: no file matches", hint="check the pattern")
    return [Found(name=visible(str(p)), path=p, given=False) for p in matches]


def _in_directory(path: Path) -> list[Found]:
    try:
        members = sorted(
            entry for entry in path.iterdir() if entry.is_file() and entry.name[:1] != "."
        )
    except OSError as error:
        raise _unreadable(str(path), error) from None
    if not members:
        raise InputError(
            f"{visible(str(path))}: the directory holds no file",
            hint=f"for files further below: perfkit.load({str(path / '**' / '*')!r})",
        )
    return [Found(name=visible(str(member)), path=member, given=False) for member in members]


def _missing(text: str, path: Path) -> InputError:
    if "\n" in text:
        return InputError(
            "load: the text is no path", hint="for text you have: perfkit.load(io.StringIO(text))"
        )
    return InputError(f"{visible(text, 200)}: there is no such file", hint=visible(_near(path)))


def _near(path: Path) -> str:
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "check the path"
    near = difflib.get_close_matches(path.name, beside, n=1)
    return f"did you mean {str(path.parent / near[0])!r}?" if near else "check the path"


def _unreadable(name: str, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or visible(str(error), 100)
    hint = "check its permissions" if isinstance(error, PermissionError) else "check the file"
    return InputError(f"{name}: cannot be read ({reason})", hint=hint)
