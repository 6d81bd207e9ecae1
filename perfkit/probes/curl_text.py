"""A ``curl`` command line as browsers and API documentation give it: the simple kind."""

from __future__ import annotations

import base64
import shlex
from dataclasses import dataclass, field

from perfkit.errors import UsageError

__all__ = ["CurlCommand", "parse"]

_SILENT = {"-s", "-S", "-sS", "-i", "-v", "-f", "--silent", "--compressed", "--fail"}
_METHOD = {"-X", "--request"}
_HEADER = {"-H", "--header"}
_DATA = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}
_COOKIE = {"-b", "--cookie"}
_AGENT = {"-A", "--user-agent"}
_USER = {"-u", "--user"}
_WITH_VALUE = _METHOD | _HEADER | _DATA | _COOKIE | _AGENT | _USER | {"--url"}


@dataclass(kw_only=True, repr=False)
class CurlCommand:
    """What a command line asks for."""

    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def parse(text: str) -> CurlCommand:
    """Read a command line; nothing of it is executed.

    Raises:
        UsageError: quotes that do not end, or an option that would need curl itself.
    """
    found = CurlCommand()
    words = _words(text)
    while words:
        word = words.pop(0)
        if word in _WITH_VALUE:
            _take(found, word, words)
        elif not word.startswith("-"):
            found.url = word
        elif word not in _SILENT:
            raise UsageError(
                f"curl: option {word.split('=', 1)[0][:20]} is not understood",
                hint="write the request as METHOD URL, headers, blank line, body",
            )
    found.method = found.method.upper() or ("POST" if found.body else "GET")
    return found


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text.replace("\\\n", " "))[1:]
    except ValueError:
        raise UsageError("curl: a quotation mark is missing", hint="quote with '...'") from None


def _take(found: CurlCommand, option: str, words: list[str]) -> None:
    if not words:
        raise UsageError(f"curl: option {option} has no value", hint=f"write {option} VALUE")
    value = words.pop(0)
    if option in _METHOD:
        found.method = value
    elif option in _DATA:
        _add_body(found, option, value)
    elif option == "--url":
        found.url = value
    else:
        found.headers.append(_header(option, value))


def _header(option: str, value: str) -> tuple[str, str]:
    if option in _COOKIE:
        return "Cookie", value
    if option in _AGENT:
        return "User-Agent", value
    if option in _USER:
        return "Authorization", f"Basic {base64.b64encode(value.encode()).decode()}"
    name, _, text = value.partition(":")
    return name.strip(), text.strip()


def _add_body(found: CurlCommand, option: str, value: str) -> None:
    if value.startswith("@") and option != "--data-raw":
        raise UsageError("curl: a body from a file is not read", hint="paste the body itself")
    found.body += (b"&" if found.body else b"") + value.encode()
    kind = "application/json" if option == "--json" else "application/x-www-form-urlencoded"
    if not any(name.lower() == "content-type" for name, _ in found.headers):
        found.headers.append(("Content-Type", kind))
