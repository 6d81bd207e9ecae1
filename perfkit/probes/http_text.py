"""Requests as people write them: ``.http`` text, a bare URL, or a simple ``curl`` line.

.. code-block:: http

    ### orders                       <- "###" separates requests; what follows is a name
    POST http://127.0.0.1:8000/orders
    Content-Type: application/json

    {"user_id": 7}
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from perfkit.errors import UsageError
from perfkit.probes import curl_text
from perfkit.probes.request_names import distinct

__all__ = ["HttpRequest", "is_request", "parse"]

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
_START = re.compile(rf"(?:(?:{'|'.join(VERBS)})\s|https?://|curl\s)")
_LINE = re.compile(rf"(?:({'|'.join(VERBS)})\s+)?(\S+)(?:\s+HTTP/[\d.]+)?")
_NAME = re.compile(r"(?:#|//)\s*@name[\s=]+(\S.*)")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_SAFE = "%/:?#[]@!$&'()*+,;=-._~"
_HINT = "write for example GET http://127.0.0.1:8000/orders, headers below it, a blank line, a body"


@dataclass(frozen=True, kw_only=True, repr=False)
class HttpRequest:
    """One request, ready to send. Its repr shows no header, no body and no query."""

    name: str
    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        """Show what is no secret."""
        return f"<HttpRequest {self.method} {self.scheme}://{self.host}:{self.port}>"


def is_request(text: str) -> bool:
    """Say whether the first line that is no comment starts with a verb, a URL or ``curl``."""
    for line in text.splitlines():
        if line.strip() and not _comment(line):
            return _START.match(line.strip()) is not None
    return False


def parse(text: str, *, host: str = "") -> list[HttpRequest]:
    """Read one or several requests; a path alone (``GET /orders``) is one of ``host``.

    Raises:
        UsageError: no request in it, or one that cannot be understood (the text itself is
            not repeated: it may hold secrets).
    """
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if line.startswith("###"):
            blocks.append((line.strip("# \t"), []))
        else:
            blocks[-1][1].append(line)
    found = [_request(name, lines, host) for name, lines in blocks if _has_request(lines)]
    if not found:
        raise UsageError("request: there is none in the text", hint=_HINT)
    return _distinct(found)


def _has_request(lines: list[str]) -> bool:
    return any(line.strip() and not _comment(line) for line in lines)


def _comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))


def _request(name: str, lines: list[str], host: str) -> HttpRequest:
    while not lines[0].strip() or _comment(lines[0]):
        named = _NAME.match(lines[0].strip())
        name = named[1].strip() if named else name
        lines = lines[1:]
    if lines[0].lstrip().startswith("curl "):
        command = curl_text.parse("\n".join(lines))
        headers = [_header(f"{key}: {value}") for key, value in command.headers]
        url = _absolute(command.url, headers, host)
        return _build(name, command.method, url, headers, command.body)
    method, url = _first_line(lines[0].strip())
    end = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    headers = [_header(line) for line in lines[1:end] if not _comment(line)]
    body = "\n".join(lines[end + 1 :]).strip("\n")
    if body.startswith("< "):
        raise UsageError("request: a body from a file is not read", hint="paste the body itself")
    return _build(name, method, _absolute(url, headers, host), headers, body.encode())


def _absolute(url: str, headers: list[tuple[str, str]], host: str) -> str:
    if url.startswith("/"):
        host = next((value for key, value in headers if key.lower() == "host"), host)
        return f"http://{host}{url}"
    return url if "://" in url else f"http://{url}"


def _first_line(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None or found[2] in VERBS:
        raise UsageError("request: its first line is not METHOD URL", hint=_HINT)
    return found[1] or "GET", found[2]


def _header(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line.strip())
    if found is None:
        raise UsageError(
            "request: a header line is not Name: value",
            hint="a blank line must stand between headers and body",
        )
    return found[1], found[2].strip()


def _build(
    name: str, method: str, url: str, headers: list[tuple[str, str]], body: bytes
) -> HttpRequest:
    if method not in VERBS:
        raise UsageError("request: its method is unknown", hint=f"one of {', '.join(VERBS)}")
    scheme, host, port, target = _split(url)
    shown = name or f"{method} {urlsplit(target).path}"
    return HttpRequest(
        name=shown,
        method=method,
        scheme=scheme,
        host=host,
        port=port,
        target=target,
        headers=tuple(headers),
        body=body,
    )


def _split(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError("request: the URL has no valid host and port", hint=_HINT) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or _UNSAFE.search(url):
        raise UsageError("request: the URL is not http://host/path", hint=_HINT)
    if parts.username is not None:
        raise UsageError(
            "request: the URL holds a user name or a password",
            hint="send the header Authorization: Basic ... instead",
        )
    target = quote(parts.path or "/", safe=_SAFE)
    target += f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    standard = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, standard if port is None else port, target


def _distinct(found: list[HttpRequest]) -> list[HttpRequest]:
    """Tell requests of the same name apart."""
    names = distinct(
        [one.name for one in found],
        [f"{one.host}:{one.port}" for one in found],
        [one.target for one in found],
    )
    return [replace(one, name=name) for one, name in zip(found, names, strict=True)]
