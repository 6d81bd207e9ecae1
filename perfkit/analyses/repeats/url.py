"""URLs as templates: what changes from call to call is taken out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["paging", "templated"]

_PAGE = re.compile(
    r"page|p|offset|skip|start|from|cursor|after|before|marker|since|since_id|max_id|"
    r".*(?:page|next|continuation|cursor|start).*(?:token|number|index|id)|starting_after",
    re.IGNORECASE,
)


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


def paging(urls: Iterable[str]) -> bool:
    """Say whether ``urls`` are pages of one list: only the query's place in it changes."""
    parts = [_parts(url) for url in dict.fromkeys(urls)]
    if len({(host, path) for _, host, path, _ in parts}) != 1:
        return False
    changing = _changing([dict(parse_qsl(query, keep_blank_values=True)) for *_, query in parts])
    return bool(changing) and all(map(_PAGE.fullmatch, changing))


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
