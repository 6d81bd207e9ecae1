"""URLs as templates: what changes from call to call is taken out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["numbered", "paging", "templated", "uploading"]

_PAGE = re.compile(
    r"page|p|offset|skip|start|from|cursor|after|before|marker|since|since_id|max_id|next|token|"
    r"(?:\$|page\[)?(?:skip|offset|after|cursor|number|top)\]?|scroll_?id|sync_?token|last_?id|"
    r".*(?:page|next|continuation|cursor|start|scroll).*(?:token|number|index|id)|starting_after",
    re.IGNORECASE,
)
#: Path sections before the number of a page, or of a part of a file.
_PAGE_SECTION = frozenset({"page", "pages", "p", "offset", "cursor", "scroll"})
_PART_SECTION = frozenset(
    {"part", "parts", "chunk", "chunks", "block", "blocks", "segment", "segments", "blob", "blobs"}
)
# S3's multipart upload, Azure's block list, tus, Google's resumable upload, and what others do
_PART = re.compile(
    r"part_?-?(?:number|no|num|index)?|chunk_?-?(?:number|no|num|index|id)?|block_?id|offset|range|"
    r"segment(?:_?index)?|index|seq(?:uence)?|position|resumablechunknumber",
    re.IGNORECASE,
)
_UPLOADS = ("PUT ", "POST ", "PATCH ")


@lru_cache(maxsize=8192)
def templated(url: str) -> str:
    """Return ``url`` with ids as ``{id}`` and query values as ``*``; never a user or password.

    Example:
        >>> templated("http://me:secret@stock:80/items/17?currency=EUR")
        'http://stock:80/items/{id}?currency=*'
    """
    scheme, host, path, query = _parts(url)
    names = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))
    values = "?" + "&".join(f"{name}=*" for name in names) if names else ""
    start = f"{scheme}://" if scheme else ""
    return f"{start}{host.rpartition('@')[2]}{path_template(path)}{values}"


@lru_cache(maxsize=8192)
def numbered(template: str) -> bool:
    """Say whether a templated URL has a place for the number of a page or of a part."""
    sections = template.lower().split("/")
    return "?" in template or not (_PAGE_SECTION | _PART_SECTION).isdisjoint(sections)


def paging(urls: Iterable[str]) -> bool:
    """Say whether ``urls`` are pages of one list: only the place in it changes.

    The place is a parameter of the query, or a section of the path behind ``page``. The first
    page may come without.
    """
    parts = [_parts(url) for url in dict.fromkeys(urls)]
    if len({(host, path) for _, host, path, _ in parts}) != 1:
        return _numbered(parts, _PAGE_SECTION)
    return _only(parts, _PAGE)


def uploading(template: str, urls: Iterable[str]) -> bool:
    """Say whether ``urls`` are the parts of one file that is sent: ``partNumber``, ``chunks/3``."""
    if not template.startswith(_UPLOADS):
        return False
    parts = [_parts(url) for url in dict.fromkeys(urls)]
    if len({(host, path) for _, host, path, _ in parts}) != 1:
        return _numbered(parts, _PART_SECTION)
    return _only(parts, _PART)


def _only(parts: Sequence[tuple[str, ...]], pattern: re.Pattern[str]) -> bool:
    changing = _changing([dict(parse_qsl(query, keep_blank_values=True)) for *_, query in parts])
    return bool(changing) and all(map(pattern.fullmatch, changing))


def _numbered(parts: Sequence[tuple[str, ...]], before: frozenset[str]) -> bool:
    """Say whether the paths differ in one section alone, which stands behind one of these."""
    if len({(host, query) for _, host, _, query in parts}) != 1:
        return False
    paths = [path.split("/") for _, _, path, _ in parts]
    if len({len(path) for path in paths}) != 1:
        return False
    differ = [n for n, column in enumerate(zip(*paths, strict=True)) if len(set(column)) > 1]
    return len(differ) == 1 and differ[0] > 0 and paths[0][differ[0] - 1].lower() in before


def _changing(queries: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the names whose value is not the same in all queries."""
    names = dict.fromkeys(name for query in queries for name in query)
    return [name for name in names if len({query.get(name) for query in queries}) > 1]


def _parts(url: str) -> tuple[str, str, str, str]:
    try:
        scheme, host, path, query, _ = urlsplit(url)
    except ValueError:  # "http://[": logs hold what clients sent
        return "", "", url.partition("?")[0], url.partition("?")[2]
    return scheme, host, path, query
