"""Repeated calls that are no N+1: pings, pages of a list, polling, units of a batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.analyses.repeats import url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.repeats.calls import Target

__all__ = ["commits", "pages", "ping", "polling", "writes"]

# What drivers, pools and transactions send on their own, and reads of the catalogue.
_PING = re.compile(
    r"(begin|commit|rollback|savepoint|release|start transaction|end|abort|set|reset|show|use"
    r"|discard|deallocate|prepare|execute|listen|unlisten|ping|connect|close|fetch|pragma|explain)\b"
    r"|select (\?|true|null|version\(\)|current_\w+(\(\))?|pg_catalog\.version\(\))( as \w+)?$"
    r"|select .*\b(pg_catalog|information_schema)\."
)
_COMMIT = re.compile(r"(commit|rollback|begin|start transaction|end)\b")
_WRITE = re.compile(
    r"(insert|update|delete|merge|replace|upsert|copy)\b"
    r"|with .*\b(insert into|update|delete from)\b"
)
_OFFSET = re.compile(r"\blimit \?.*\boffset \?|\boffset \?.*\b(limit|fetch)\b|\blimit \?\s*,\s*\?")
_OFFSET_VALUE = re.compile(r"\boffset\s+(\d+)|\blimit\s+(\d+)\s*,", re.IGNORECASE)
# "where id > ? order by id limit ?" and "where (at, id) < (?, ?) order by at, id limit ?": the
# cursor of a keyset walk (the next page needs the last).
_KEYSET = re.compile(
    r'(?:(?P<column>[\w"]+)|\((?:[\w"]+\.)*(?P<first>[\w"]+)(?: ?, ?[\w".]+)+\))'
    r" ?[<>]=? ?\(?(?:cast\()?\?"
    r'.*\border by (?:[\w"]+\.)*(?:(?P=column)|(?P=first))(?![\w"]).*\b(?:limit|fetch)\b'
)
# Characters looked at: these patterns may take the square of it on text made to be slow.
_LONGEST = 3000


def ping(target: Target) -> bool:
    """Say whether a statement carries no data of the application."""
    return bool(target.fingerprint and _PING.match(target.fingerprint[:_LONGEST]))


def writes(target: Target) -> bool:
    """Say whether a statement changes rows."""
    return bool(target.fingerprint and _WRITE.match(target.fingerprint[:_LONGEST]))


def commits(target: Target) -> bool:
    """Say whether a statement begins or ends a transaction."""
    return bool(target.fingerprint and _COMMIT.match(target.fingerprint))


def pages(target: Target, raw: Sequence[str | None]) -> bool:
    """Say whether the calls walk through the pages of one list, each needing the one before.

    Where the statements show their OFFSET, it has to change; a page behind a placeholder is
    given the benefit of the doubt.
    """
    known = [text for text in raw if text]
    if target.fingerprint is None:
        return url.paging(known)
    ending = target.fingerprint[-_LONGEST:]
    if _OFFSET.search(ending):
        offsets = [
            found[1] or found[2]
            for text in known
            if (found := _OFFSET_VALUE.search(text[-_LONGEST:]))
        ]
        return len(set(offsets)) != 1
    return bool(_KEYSET.search(ending))


def polling(target: Target, raw: Sequence[str | None]) -> bool:
    """Say whether one and the same URL was asked for again and again.

    It is polling or a retry. A URL that came as a template may hide different ones.
    """
    return target.url is not None and "{" not in "".join(map(str, raw)) and len(set(raw)) == 1
