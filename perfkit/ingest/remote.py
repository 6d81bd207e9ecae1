"""Inputs at an address: whatever fsspec knows (``s3://``, ``gs://``, ``https://``, ``memory://``).

Nothing is imported, and nothing is asked of a network, before an address is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any, cast
from urllib.parse import urlsplit

from perfkit.errors import InputError, MissingExtra
from perfkit.redact import redact_url
from perfkit.visible import visible

__all__ = ["Remote", "find_remote", "is_address"]

_EXTRAS = {
    "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "abfs": "azure", "abfss": "azure",
    "az": "azure", "adl": "azure",
}  # fmt: skip
_PACKAGES = {"http": "aiohttp", "https": "aiohttp", "sftp": "paramiko", "ssh": "paramiko"}
_MAGIC = set("*?[")


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One file of a file system of fsspec; it travels to other processes."""

    system: Any
    path: str
    name: str
    size: int = 0

    def open(self) -> IO[bytes]:
        """Open it for reading.

        Raises:
            InputError: it is not there, or may not be read.
        """
        try:
            return cast("IO[bytes]", self.system.open(self.path, "rb"))
        except Exception as error:  # noqa: BLE001 - every file system raises errors of its own
            raise _unreadable(self.name, error) from None


def is_address(text: str) -> bool:
    """Say whether a text is an address, not a path."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").replace(":", "").isalnum()


def find_remote(address: str) -> list[Remote]:
    """Return the files at an address: one, those that match a pattern, or those in a folder.

    Raises:
        InputError: nothing is there, or it cannot be reached.
        MissingExtra: the package for this kind of address is not installed.
    """
    shown = visible(redact_url(address), 200)
    system, path = _system(address, shown)
    try:
        matched = bool(_MAGIC & set(path)) and not address.startswith("http")
        if matched:
            found = [(name, info) for name, info in system.glob(path, detail=True).items()]
        elif system.isdir(path) and not address.startswith("http"):
            found = [(info["name"], info) for info in system.ls(path, detail=True)]
        else:
            found = [(path, system.info(path))]
    except Exception as error:  # noqa: BLE001 - every file system raises errors of its own
        raise _unreadable(shown, error) from None
    files = sorted((name, info) for name, info in found if info.get("type") != "directory")
    if not files:
        raise InputError(f"{shown}: no file is there", hint="check the address")
    return [
        Remote(
            system=system,
            path=name,
            name=visible(redact_url(system.unstrip_protocol(name)), 200),
            size=int(info.get("size") or 0),
        )
        for name, info in files
    ]


def _system(address: str, shown: str) -> tuple[Any, str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError:
        raise _missing(urlsplit(address).scheme, shown) from None
    except ValueError as error:
        known = ", ".join(("file", *sorted(_EXTRAS), "http", "https"))
        raise InputError(
            f"{shown}: is no address that can be read ({visible(str(error), 100)})",
            hint=f"addresses begin with one of {known}",
        ) from None
    return system, path


def _missing(scheme: str, shown: str) -> MissingExtra:
    extra = _EXTRAS.get(scheme)
    package = f'"perfkit[{extra}]"' if extra else _PACKAGES.get(scheme, "the package it names")
    return MissingExtra(f"{shown}: {scheme}:// needs a package", hint=f"pip install {package}")


def _unreadable(name: str, error: Exception) -> InputError:
    reason = visible(redact_url(f"{type(error).__name__}: {error}"), 150)
    return InputError(
        f"{name}: cannot be read ({reason})", hint="check the address, and who may read it"
    )
