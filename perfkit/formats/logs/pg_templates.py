"""Candidates for a ``log_line_prefix``: the usual ones, and those that lines suggest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

__all__ = ["BACKENDS", "MARK", "TIME", "USUAL", "ZONE", "candidates"]

#: Stands for the time in a head.
MARK = "\x01"
#: ``%t``, ``%m`` or ``%n``.
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
TIME += r"|\b[0-9]{10}\.[0-9]{3}\b"
ZONE = r"(?P<zone> ?(?:[A-Z][A-Za-z]{1,5}|[+-][0-9]{2}(?::?[0-9]{2})?|Z))?"

_SEVERITY_AT_END = re.compile("[A-Z0-9]+:  $")
_SESSION_PART = re.compile(r"[\w(\[<]*(?:[=:] ?[\[('\"]?)?%[udah]")

USUAL = (
    "%m [%p] %q%u@%d/%a ",
    "%m [%p] %q%u@%d ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p] ",
    "%m [%p] %u@%d ",
    "%m %u@%d [%p] ",
    "%m %u@%d/%a [%p] ",
    "%m:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] user=%u,db=%d ",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
    "%m [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] %c %x %d %u %a %h ",
    "%m [%p-%l] %q%u@%d ",
    "%m-%c-",
    "%m [%p] %u %d %a %h ",
    "%m [%p] %r %u %d ",
    "%m [%p] %q%u %d %a %r ",
    "%m %p %u %d %r ",
    "%m %q%u %d %p ",
    "%m %c %q%u@%d ",
    "%h %m [%p] %q%u@%d ",
    "%m [%p] %b %q%u@%d/%a ",
    "%m [%p] %Q %q%u@%d ",
    "%m ",
    "[%p] ",
    "[%p] %q%u@%d ",
    "",
)


def candidates(heads: Counter[str]) -> list[str]:
    """Return the templates that may fit the heads (without their severity)."""
    built = dict.fromkeys(
        _built(text, words=words) for text, _ in heads.most_common(200) for words in (False, True)
    )
    # Processes without a session write what stands before %q only, which may be nothing.
    quiet = [_SESSION_PART.sub(r"%q\g<0>", template, count=1) for template in built]
    bare = any(_SEVERITY_AT_END.fullmatch(text) for text in heads)
    silent = [f"%q{template}" for template in (*USUAL, *built) if bare and "%q" not in template]
    return [*dict.fromkeys([*USUAL, *built, *quiet, *silent])]


_KEYS = {
    "u": "user usr u username",
    "d": "db database dbname d",
    "a": "app application application_name appname a",
    "h": "client host remote rhost h ip addr connection_source",
    "p": "pid p process",
    "l": "line l num log_line",
    "x": "xid tx txid tid x trans xact",
    "v": "vxid vid vtid v",
    "c": "session sess sid s session_id",
    "e": "sqlstate state e err error code sql_error_code statecode",
    "i": "cmd command tag i ps cmdtag",
    "Q": "query_id queryid qid",
    "b": "backend b type",
}
#: What %b prints (PostgreSQL's miscinit.c, GetBackendTypeDesc).
BACKENDS = (
    "client backend|autovacuum worker|autovacuum launcher|background writer|background worker"
    "|logical replication launcher|logical replication worker|logical replication apply worker"
    "|parallel worker|standalone backend|slotsync worker|io worker|dead-end client backend"
    "|not initialized|checkpointer|archiver|walwriter|walsender|walreceiver|walsummarizer"
    "|startup|logger|postmaster"
)
#: What %i prints: command tags (PostgreSQL's cmdtaglist.h) and what a backend without one does.
TAGS = (
    "idle in transaction(?: \\(aborted\\))?|idle|authentication|startup"
    "|initializing|(?:notify )?interrupt"
    "|(?:CREATE|ALTER|DROP|REFRESH|REINDEX|SECURITY|REASSIGN|IMPORT) [A-Z][A-Z ]*[A-Z]"
    "|(?:SELECT|INSERT|UPDATE|DELETE|MERGE|COPY|VACUUM|ANALYZE|CLUSTER|TRUNCATE|CHECKPOINT|REINDEX"
    "|GRANT|REVOKE|COMMENT|EXPLAIN|SHOW|SET|RESET|DISCARD|LISTEN|NOTIFY|UNLISTEN|LOAD|CALL|DO"
    "|BEGIN|COMMIT|ROLLBACK|START|SAVEPOINT|RELEASE|PREPARE|EXECUTE|DEALLOCATE|PARSE|BIND"
    "|DECLARE|FETCH|MOVE|CLOSE|LOCK|FASTPATH)(?: (?:TABLE|TRANSACTION|CURSOR|ALL|PREPARED"
    "|CONSTRAINTS|ROLE|CURSOR ALL|DEALLOCATE ALL))?(?: waiting)?"
)
_ESCAPES = {key: escape for escape, keys in _KEYS.items() for key in keys.split()}
_NAMES = "|".join(sorted(_ESCAPES, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<time>{MARK}{ZONE})"
    rf"|\b(?P<key>{_NAMES})(?P<is> ?[=:] ?)(?P<open>(?!\[unknown\]|\[local\])[\[('\"])?"
    rf"(?:\[unknown\]|\[local\]|(?:{TAGS})\b|[^\s,;|\]\[)'\"]*)"
    rf"|(?P<s>{TIME}(?: [A-Z]{{3,5}})?)"
    r"|(?P<c>\b[0-9a-f]{8}\.[0-9a-f]+\b)"
    r"|(?P<ud>(?:\[unknown\]|[^\s@:,|/\[\]]*)@(?:\[unknown\]|[^\s@:,|/\[\]()]*)(?P<a>/[^\s]*)?)"
    r"|(?P<r>\[local\]|\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\([0-9]+\))?)"
    r"|(?P<v>\b[0-9-]+/[0-9]+\b)"
    r"|(?P<e>\b(?:00000|(?=[0-9A-Z]{5}\b)[0-9]+[A-Z][0-9A-Z]*)\b)"
    r"|(?P<Q>-?\b[0-9]{12,20}\b)"
    r"|(?P<number>\b[0-9]+\b)"
    rf"|(?P<b>\b(?:{BACKENDS})\b)"
    r"|(?P<label>\b[A-Za-z_]\w* ?=)"
    rf"|(?P<i>\b(?:{TAGS})\b)"
    r"|(?P<word>[^\s|,;:\[\]()<>=@\x01'\"-][^\s|,;:\[\]()<>=@\x01'\"]*)"
)


def _built(head: str, *, words: bool) -> str:
    """Return the template that a head suggests: its parts replaced by escapes.

    Words are fixed text, or else user, database and application in this usual order.
    """
    numbers, names = iter("plx"), iter("uda")
    before = _SEVERITY_AT_END.sub("", head)

    def escape(found: re.Match[str]) -> str:
        kind = found.lastgroup
        if found["key"]:
            return f"{found['key']}{found['is']}{found['open'] or ''}%{_ESCAPES[found['key']]}"
        if found["ud"] is not None:
            return "%u@%d/%a" if found["a"] else "%u@%d"
        if kind == "number":
            return f"%{next(numbers, 'x')}"
        if kind == "label":
            return found[0]
        if kind == "word":
            return f"%{next(names, 'i')}" if words else found[0]
        return "%m" if found["time"] else f"%{kind}"

    return _TOKEN.sub(escape, before.replace("%", "%%"))
