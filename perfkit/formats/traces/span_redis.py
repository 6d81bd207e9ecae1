"""Redis commands as instrumentations write them -> the shape that Redis' slow log has.

``GET user:1``, masked as ``GET ?``, with what was left out as ``SET k [1 other arguments]``,
cut off with ``...``; pipelines have a command a line, or behind ``; ``.
"""

from __future__ import annotations

import re

from perfkit.formats.logs import redis_shape

__all__ = ["pipeline_shape"]

#: A word of a command: quoted, or up to the next blank.
_WORD = re.compile(r"""\"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+)""", re.DOTALL)
#: What a line of a pipeline begins with; other lines are part of a value.
_COMMANDS = """append auth bitcount bitfield bitop bitpos blmove blmpop blpop brpop brpoplpush
    bzmpop bzpopmax bzpopmin client cluster command config copy dbsize decr decrby del discard dump
    echo eval evalsha exec exists expire expireat expiretime fcall flushall flushdb geoadd geodist
    geohash geopos georadius geosearch get getbit getdel getex getrange getset hdel hello hexists
    hexpire hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hset hsetnx
    hstrlen hvals incr incrby incrbyfloat info keys lindex linsert llen lmove lmpop lpop lpos lpush
    lpushx lrange lrem lset ltrim mget move mset msetnx multi object persist pexpire pexpireat pfadd
    pfcount pfmerge ping psetex psubscribe pttl publish quit randomkey rename renamenx restore role
    rpop rpoplpush rpush rpushx sadd scan scard script sdiff sdiffstore select set setbit setex
    setnx setrange sinter sintercard sinterstore sismember smembers smismember smove sort spop
    srandmember srem sscan strlen subscribe sunion sunionstore time touch ttl type unlink
    unsubscribe unwatch wait watch xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending
    xrange xread xreadgroup xrevrange xtrim zadd zcard zcount zdiff zincrby zinter zinterstore zmpop
    zmscore zpopmax zpopmin zrandmember zrange zrangebyscore zrangestore zrank zrem
    zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zrevrank zscan zscore zunion
    zunionstore (?:json|ft|ts|bf|cf)\\.[a-z.]{1,20}"""
#: Blanks are counted, so that a text of nothing else is read in linear time.
_NEXT = re.compile(
    rf"[\r\n;]\s{{0,100}}+(?=(?:{'|'.join(_COMMANDS.split())})(?:\s|$))", re.IGNORECASE
)
#: What instrumentations write for arguments that they leave out.
_LEFT_OUT = re.compile(r"\[\d{1,9} other arguments?\]")
_MOST_COMMANDS = 200
#: Longer commands are cut here: keys come first.
_LONGEST = 20_000


def pipeline_shape(statement: str) -> str | None:
    r"""Return the shape of a command; of a pipeline, of each kind of command in it.

    Example:
        >>> pipeline_shape("GET user:17"), pipeline_shape("SET a:1 ?\nGET a:2\nGET a:3")
        ('get user:?', 'set a:? ?; get a:?')
    """
    commands = _NEXT.split(statement[:_LONGEST])[:_MOST_COMMANDS]
    shapes = [redis_shape.shape(words) for words in map(_words, commands) if words]
    return "; ".join(dict.fromkeys(shapes)) or None


def _words(command: str) -> list[str]:
    """Return the name and the arguments of a command."""
    plain = _LEFT_OUT.sub("?", command).strip().removesuffix(":")
    words = [found[1] or found[2] or found[3] or "" for found in _WORD.finditer(plain)]
    if len(words) > 1 and words[-1].endswith("..."):
        words[-1] = "?" if len(words) > 2 else words[-1].removesuffix("...")  # noqa: PLR2004 - a name and a key
    return words
