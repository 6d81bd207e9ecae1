"""The shape of a Redis command: its name, the pattern of its keys, every value ``?``.

``GET user:1234:cart`` is ``get user:?:cart``. Of the keys of ``MGET`` those with a pattern that was
there before are gone. Scripts are known by the beginning of their SHA1, which EVALSHA names too.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CUT_ARGUMENT", "CUT_ARGUMENTS", "key_pattern", "shape"]

#: What SLOWLOG puts behind an argument of more than 128 bytes, and after the 31st argument.
CUT_ARGUMENT = re.compile(r"\.\.\. \([0-9]{1,12} more bytes\)$")
CUT_ARGUMENTS = re.compile(r"\.\.\. \([0-9]{1,12} more arguments\)$")

_SUBCOMMANDS = """acl client cluster command commandlog config debug function latency memory
    module object pubsub script slowlog xgroup xinfo"""
_ALL_KEYS = """del exists mget pfcount pfmerge sdiff sdiffstore sinter sinterstore sunion
    sunionstore touch unlink watch rename renamenx rpoplpush lmove smove copy blpop
    brpop bzpopmin bzpopmax"""
_NO_KEY = """auth bgrewriteaof bgsave dbsize discard echo exec flushall flushdb hello info keys
    multi ping psync publish psubscribe subscribe replconf replicaof role save scan select shutdown
    slaveof swapdb sync time unsubscribe wait"""
_SCRIPTS = """eval evalsha eval_ro evalsha_ro fcall fcall_ro"""
_COUNTED = """sintercard zdiff zinter zunion lmpop zmpop zintercard"""
_MARKED = """xread xreadgroup"""
_KINDS = {
    name: kind
    for kind, names in {
        "sub": _SUBCOMMANDS,
        "all": _ALL_KEYS,
        "none": _NO_KEY,
        "script": _SCRIPTS,
        "counted": _COUNTED,
        "streams": _MARKED,
        "pairs": "mset msetnx",
        "second": "bitop",
    }.items()
    for name in names.split()
}
_DATA = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # a UUID
    r"|[^:/|{}\s]{1,64}@[^:/|{}\s]{1,255}"  # an e-mail address
    r"|(?:[0-9]{1,3}\.){3}[0-9]{1,3}"  # an IP address
    r"|(?<![A-Za-z0-9])(?=[A-Za-z0-9+=-]{0,19}[0-9])[A-Za-z0-9]{20,}={0,2}"  # a hash, a token
    r"|(?<![A-Za-z0-9])[0-9a-fA-F]{0,15}[0-9][0-9a-fA-F]{7,}(?![A-Za-z0-9])"  # hexadecimal
    r"|(?<![A-Za-z])[0-9]+(?![A-Za-z])|[0-9]{3,}"
)
_ODD = re.compile(r"[^\x21-\x7E]+")
_NAME = re.compile(r"[A-Za-z0-9._|-]{1,64}", re.ASCII)
_SHOWN = 8


@lru_cache(maxsize=65536)
def key_pattern(key: str) -> str:
    """Return a key with numbers, UUIDs, hashes, addresses and odd characters as ``?``."""
    plain = _ODD.sub("?", CUT_ARGUMENT.sub("?", key[:512]))
    return re.sub(r"\?+", "?", _DATA.sub("?", plain)) or "?"


def shape(arguments: Sequence[str]) -> str:
    """Return the shape of a command, given as its arguments."""
    if not arguments:
        return "?"
    words = [item for item in arguments if not CUT_ARGUMENTS.fullmatch(item)]
    name = words[0].lower() if words and _NAME.fullmatch(words[0]) else "?"
    kind, rest = _KINDS.get(name, "first"), words[1:]
    if kind == "sub" and rest and _NAME.fullmatch(rest[0]):
        name, kind, rest = f"{name} {rest[0].lower()}", "none", rest[1:]
    if kind == "script":
        return _script(name, rest)
    first, last = _keys(kind, rest)
    keys = rest[first : last : 2 if kind == "pairs" else 1]
    values = kind == "pairs" or first > 0 or last < len(rest) or len(words) < len(arguments)
    return _joined(name, keys, values=values and bool(rest))


def _keys(kind: str, rest: Sequence[str]) -> tuple[int, int]:
    """Return which of the arguments are keys, as a range."""
    count = len(rest)
    if kind in {"all", "pairs"}:
        return 0, count
    if kind == "counted":
        number = int(rest[0]) if rest and re.fullmatch(r"[0-9]{1,6}", rest[0]) else 0
        return 1, min(1 + number, count)
    if kind == "streams":
        upper = [item.upper() for item in rest]
        begin = upper.index("STREAMS") + 1 if "STREAMS" in upper else count
        return begin, begin + (count - begin) // 2
    starts = {"none": count, "second": 1}
    begin = min(starts.get(kind, 0), count)
    return begin, count if kind == "second" else min(begin + 1, count)


def _script(name: str, rest: Sequence[str]) -> str:
    script = rest[0] if rest else ""
    known = name
    if name.startswith("evalsha"):
        known = f"{name} {script[:8].lower()}"
    elif name.startswith("fcall") and _NAME.fullmatch(script):
        known = f"{name} {script}"
    elif script and not CUT_ARGUMENT.search(script):
        digest = hashlib.sha1(script.encode("utf-8", "replace"), usedforsecurity=False)
        known = f"{name} {digest.hexdigest()[:8]}"
    number = int(rest[1]) if len(rest) > 1 and re.fullmatch(r"[0-9]{1,6}", rest[1]) else 0
    return _joined(known, rest[2 : 2 + number], values=len(rest) > 2 + number)


def _joined(name: str, keys: Sequence[str], *, values: bool) -> str:
    patterns = list(dict.fromkeys(map(key_pattern, keys)))
    more = ["..."] if len(patterns) > _SHOWN else []
    return " ".join([name, *patterns[:_SHOWN], *more, *(["?"] if values else [])])
