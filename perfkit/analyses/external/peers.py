"""Names of peers as people know them: no user, no password, no port that says nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from perfkit.visible import visible

__all__ = ["UNKNOWN", "is_address", "peer_name"]

UNKNOWN = "unknown peer"
_LONGEST = 120
#: Ports that tell no more than the kind of the call does. Source: IANA's registry of ports.
_USUAL = {
    "http": ("80", "443"),
    "rpc": ("80", "443"),
    "db": ("5432", "3306", "1433", "1521", "27017", "9042", "9200"),
    "cache": ("6379", "11211"),
    "queue": ("5672", "9092", "4222", "61616"),
}
_ADDRESS = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[?[0-9a-f]*:[0-9a-f:.]+\]?(?::\d+)?", re.IGNORECASE
)


@lru_cache(maxsize=65536)
def peer_name(peer: str | None, url: str | None, kind: str) -> str:
    """Return who is called: the peer, else the host of the URL, else :data:`UNKNOWN`.

    A socket in the file system is named by its file alone: directories are nobody's business.

    Example:
        >>> peer_name("me:secret@db.internal:5432", None, "db")
        'db.internal'
        >>> peer_name(None, "https://pay.example:8443/charge?card=1", "http")
        'pay.example:8443'
    """
    host = _host(peer) or _host(url if url and "://" in url else None)
    for port in _USUAL.get(kind, ()):
        host = host.removesuffix(f":{port}")
    return visible(host, _LONGEST) or UNKNOWN


def is_address(peer: str) -> bool:
    """Say whether a peer is a bare address, which changes with every deployment."""
    return peer == UNKNOWN or bool(_ADDRESS.fullmatch(peer[:60]))


def _host(text: str | None) -> str:
    text = (text or "").strip()
    if "://" in text:
        try:
            text = urlsplit(text).netloc
        except ValueError:  # "http://[": traces hold what clients sent
            text = ""
    text = text.rpartition("@")[2].partition("?")[0]
    if text.startswith(("/", "@")) or "/." in text:
        return f"socket {text.rstrip('/').rpartition('/')[2]}"
    return text
