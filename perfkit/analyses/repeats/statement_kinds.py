"""What kind of thing a statement or command is, told by its fingerprint alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.repeats.calls import Target

__all__ = ["batched", "commits", "pages", "ping", "writes"]

# What drivers, pools and transactions send on their own, what defines the schema, and reads of
# the catalogue.
_PING = re.compile(
    r"(begin|commit|rollback|savepoint|release|start transaction|end|abort|set|reset|show|use"
    r"|discard|deallocate|prepare|execute|listen|unlisten|notify|ping|connect|close|fetch|pragma"
    r"|explain|declare|move|lock|checkpoint|getmore|killcursors|ismaster|hello"
    r"|create|alter|drop|truncate|grant|revoke|comment on|vacuum|analyze|analyse|reindex|refresh)\b"
    r"|select (\?|true|null|version\(\)|current_\w+(\(\))?|pg_catalog\.version\(\)|now\(\)"
    r"|(?:pg_catalog\.)?(?:pg_\w*advisory\w*|set_config|pg_sleep)\(.*)( as \w+)?( from dual)?$"
    r"|select .*\b(pg_catalog|information_schema|sqlite_master)\."
    r"|\{ ?\"(?i:getmore|ismaster|hello|ping|killcursors)\b"
)
_WRITE = re.compile(
    r"(insert|update|delete|merge|replace|upsert|copy)\b"
    r"|with .*\b(insert into|update|delete from)\b"
)
_COMMIT = re.compile(r"(commit|rollback|begin|start transaction|end)\b")
# Commands of caches: those of the connection, those that wait for something or walk through
# everything, and those that change something.
_CACHE_PING = re.compile(
    r"(ping|echo|hello|auth|select|quit|client|config|info|command|multi|exec|discard|watch|unwatch"
    r"|subscribe|psubscribe|unsubscribe|wait|time|cluster|readonly|asking|script|object|monitor"
    r"|b[lrz]\w*pop\w*|blmove|bzm\w+|xread|xreadgroup|xack|xautoclaim|xpending|[hsz]?scan"
    r"|version|stats|noop)\b"
)
_CACHE_WRITE = re.compile(
    r"(set\w*|mset\w*|getset|append|del|unlink|p?expire\w*|persist|incr\w*|decr\w*|h(?:m?set|del|incr)\w*"
    r"|[lr]push\w*|[lr]pop|lrem|ltrim|s(?:add|rem|move)|z(?:add|rem|incrby)\w*|xadd|publish|add"
    r"|replace|touch|delete|flush\w*|eval\w*|fcall|json\.set|pfadd|geoadd)\b"
)
_REMOTE_WRITE = re.compile(r"(?:post|put|patch|delete)\b", re.IGNORECASE)
_OFFSET = re.compile(r"\blimit \?.*\boffset \?|\boffset \?.*\b(limit|fetch)\b|\blimit \?\s*,\s*\?")
_OFFSET_VALUE = re.compile(r"\boffset\s+(\d+)|\blimit\s+(\d+)\s*,", re.IGNORECASE)
# A list is read page by page in some order, or whole; what an ORM adds to a look-up of one row
# (Prisma: "where id = ? and ? = ?) limit ? offset ?") has neither.
_LOOKUP = re.compile(r'\bwhere\b.*[\w"`\])] ?= ?\?')
# "where id > ? order by id limit ?" and "where (at, id) < (?, ?) order by at, id limit ?": the
# cursor of a keyset walk (the next page needs the last).
_NAME = r'[\w"`\[\]]+'
_KEYSET = re.compile(
    rf"(?:(?P<column>{_NAME})|\((?:{_NAME}\. ?)*(?P<first>{_NAME})(?: ?, ?[\w\"`. ]+)+\))"
    r" ?[<>]=? ?\(?(?:cast\()?\?"
    rf".*\border by (?:{_NAME}\. ?)*(?:(?P=column)|(?P=first))(?![\w\"`])"
)
_LIMITED = re.compile(r"\b(?:limit|fetch first|fetch next|rownum)\b|^select (?:distinct )?top\b")
# One statement for many rows: rows of VALUES, arrays, and deletes of so many at a time.
_BATCHED = re.compile(
    r"\bvalues \(.*\), \.\.\.|= ?(?:any|some) ?\( ?(?:\?|array)|\bunnest ?\( ?(?:\?|cast|array)"
    r"|\b(?:json_table|openjson|jsonb?_to_recordset|jsonb?_array_elements\w*|string_split) ?\(.*\?"
    r"|^(?:delete|update)\b.*\blimit \?|^copy\b|^delete top\b|^m(?:get|set)\b"
)
_LIST = re.compile(r"\bin ?\(\?\)")
_LISTED = re.compile(r"\bin\s*\(([^()]*)\)", re.IGNORECASE)
#: A list of so many ids has been gathered: what repeats is one statement per chunk of them.
_GATHERED = 10
# Characters looked at: these patterns may take the square of it on text made to be slow.
_LONGEST = 3000


def ping(target: Target) -> bool:
    """Say whether a statement or command carries no data of the application."""
    return _matches(target, _CACHE_PING if target.kind == "cache" else _PING)


def writes(target: Target) -> bool:
    """Say whether a call changes something: rows, keys, messages, what a service holds."""
    if target.url:
        return bool(_REMOTE_WRITE.match(target.url[:10]))
    if target.kind == "queue":
        return True
    return _matches(target, _CACHE_WRITE if target.kind == "cache" else _WRITE)


def commits(target: Target) -> bool:
    """Say whether a statement begins or ends a transaction."""
    return target.kind == "sql" and _matches(target, _COMMIT)


def _matches(target: Target, pattern: re.Pattern[str]) -> bool:
    return bool(target.fingerprint and pattern.match(target.fingerprint[:_LONGEST]))


def pages(target: Target, raw: Sequence[str | None]) -> bool:
    """Say whether the statements walk through the pages of one list, each needing the one before.

    Where the statements show their OFFSET, it has to change; a page behind a placeholder is
    given the benefit of the doubt, unless it looks one row up.
    """
    ending = (target.fingerprint or "")[-_LONGEST:]
    walk = _walk(ending)
    if walk != "offset":
        return walk == "keyset"
    known = (_OFFSET_VALUE.search(text[-_LONGEST:]) for text in raw if text)
    offsets = {found[1] or found[2] for found in known if found}
    if offsets:
        return len(offsets) > 1
    return "order by" in ending or not _LOOKUP.search(ending)


@lru_cache(maxsize=8192)
def _walk(ending: str) -> str:
    if _OFFSET.search(ending):
        return "offset"
    return "keyset" if _LIMITED.search(ending) and _KEYSET.search(ending) else ""


def batched(target: Target, raw: Sequence[str | None]) -> bool:
    """Say whether each of the statements is for many rows at once: chunks, not items."""
    text = (target.fingerprint or "")[:_LONGEST]
    if _batch(text):
        return True
    if target.kind != "sql" or not _LIST.search(text):
        return False
    sizes = sorted(max(map(_elements, _LISTED.findall(one)), default=0) for one in raw if one)
    return bool(sizes) and sizes[len(sizes) // 2] >= _GATHERED


@lru_cache(maxsize=8192)
def _batch(text: str) -> bool:
    return bool(_BATCHED.search(text))


def _elements(listed: str) -> int:
    return listed.count(",") + 1
