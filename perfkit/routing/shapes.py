"""Ids by their shape: what one section of a path is, without looking at any other.

What matches needs no evidence and never changes: the same section gives the same template in every
file. ``{id}`` stands for numbers, UUIDs, ULIDs, digests, tokens, dates, e-mail addresses, and
numbers with a prefix (``ord_123``, ``INV-2024-001``). What tells of a kind stays: ``@alice`` is
``@{id}``, and of files' names what is not id (``17.json``: ``{id}.json``; ``app.3f9a1c.js``:
``app.{id}.js``). Versions (``v1``, ``2.0``, ``2024-01``) and words stay. Percent-encoded sections
are judged decoded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["EXTENSION", "PLACEHOLDER", "section", "sections"]

#: A section that is, or holds, the place of a parameter.
PLACEHOLDER = r"\{[^{}]*\}"
#: Extensions of files and representations; more than these are parts of names ("example.com").
EXTENSION = (
    r"\.(?:json|jsonl|xml|html?|xhtml|php[0-9]?|aspx?|jsp|jsf|do|action|cgi|txt|md|csv|xlsx?|docx?"
    r"|pdf|rss|atom|ya?ml|js|mjs|cjs|css|map|ts|wasm|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?"
    r"|ttf|otf|eot|mp3|mp4|m4[as]|mpd|m3u8|webm|ogg|wav|zip|tar|gz|tgz|br|bz2|xz|7z|apk|exe|deb"
    r"|rpm|dmg|jar|whl|bin|parquet|git)"
)
#: Longer than any name that people give to a route.
_LONG = 120
_SHORTEST_TOKEN, _LONG_TOKEN = 10, 16

_FILE = re.compile(f"(.+?)((?:{EXTENSION}){{1,3}})", re.IGNORECASE)
_VERSION = re.compile(
    r"v\d{1,4}(?:[._]\d{1,4}){0,3}(?:(?:alpha|beta|rc|p)\d*)?"
    r"|\d{1,2}\.\d{1,2}(?:\.\d{1,3})?|(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-preview)?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:19|20)\d\d([-_.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d(?::?\d\d){1,2}(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_HANDLE = re.compile(r"([@~])[\w.+-]+")
_ID = re.compile(
    r"[-+]?\d+(?:[-.,:x_]\d+)*"  # numbers, coordinates, addresses, 1920x1080
    r"|\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?"  # RFC 9562
    r"|(?=[a-f]*\d)[0-9a-f]{10,128}"  # digests, ObjectIds
    r"|(?=[0-9a-f]*[a-f])(?:[a-f]*\d+[a-f]+\d[0-9a-f]*)(?<=[0-9a-f]{7})"  # abbreviated digests
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID
    r"|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}"  # IPv6
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # JSON Web Token
    r"|[A-Za-z]{1,12}\d{4,}",  # ABC12345
    re.IGNORECASE,
)
_PREFIXED = re.compile(r"[A-Za-z]{1,16}(?:_[A-Za-z]{1,16})?[-_](.+)")
_NUMBERED = re.compile(r"(?=(?:\D*\d){3})\d+(?:[-_]\d+)*")
# name, mark, digest: what bundlers write ("app.3f9a1c.js", "index-BZk3f9aX.js")
_BUNDLED = re.compile(r"(.*[A-Za-z].*?[.-])([0-9a-f]{6,64}|[\w-]{8,24})(\.min|\.chunk)?")
_TOKEN = re.compile(r"[\w+-]+={0,2}")
_SORTS = re.compile(r"([a-z]+)|([A-Z]+)|(\d+)")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

#: Numbers, UUIDs and digests, most ids that there are (RE2).
_PLAINLY = "^(?:[0-9]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-f]{0,8}[0-9][0-9a-f]{9,127})$"
#: What has none of these (RE2) is a word: most sections are told so at once.
_MAYBE = f"[0-9@~%]|^.{{{_LONG + 1},}}$|[.-][A-Za-z_-]{{8,24}}[.]"


def sections(texts: pa.Array) -> pa.Array:
    """Return :func:`section` of every text.

    Example:
        >>> sections(pa.array(["orders", "17", "17.json"])).to_pylist()
        ['orders', '{id}', '{id}.json']
    """
    plainly = pc.match_substring_regex(texts, _PLAINLY)
    shaped = pc.if_else(plainly, "{id}", texts)
    maybe = pc.and_not(pc.match_substring_regex(texts, f"(?s){_MAYBE}"), plainly)
    found = pa.array(map(_section, texts.filter(maybe).to_pylist()), pa.string())
    return pc.replace_with_mask(shaped, maybe, found)


@lru_cache(maxsize=8192)
def section(text: str) -> str:
    """Return one section of a path, its id (if it is one) as ``{id}``.

    Example:
        >>> section("INV-2024-001"), section("app.3f9a1c.js"), section("v2")
        ('{id}', 'app.{id}.js', 'v2')
    """
    return _section(text)


def _section(text: str) -> str:
    if text.isdigit() and text.isascii():
        return "{id}"
    if "{" in text and re.search(PLACEHOLDER, text):
        return text
    if len(text) > _LONG:
        return "{id}"
    plain = unquote(text) if "%" in text else text
    shaped = _shaped(plain)
    return text if shaped == plain else shaped


def _shaped(text: str) -> str:
    file = _FILE.fullmatch(text)
    if file is None:
        return _value(text)
    stem, extension = file.groups()
    bundled = _BUNDLED.fullmatch(stem)
    if bundled and _digest(bundled[2]) and not _DATE.fullmatch(stem):
        return f"{_value(bundled[1][:-1])}{bundled[1][-1]}{{id}}{bundled[3] or ''}{extension}"
    return _value(stem) + extension


def _value(text: str) -> str:
    if _VERSION.fullmatch(text):
        return text
    handle = _HANDLE.fullmatch(text)
    if handle:
        return f"{handle[1]}{{id}}"
    return "{id}" if _id(text) else text


def _id(text: str) -> bool:
    if any(known.fullmatch(text) for known in (_ID, _DATE, _EMAIL)) or _token(text):
        return True
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is None:
        return False
    rest = prefixed[1]
    return bool(_NUMBERED.fullmatch(rest) or (len(rest) > _SHORTEST_TOKEN and _id(rest)))


def _token(text: str) -> bool:
    """Say whether letters and digits alternate as chance has it, not as words do.

    In base64 neighbours are of different sorts (lower, upper, digit) in 65 of 100 places, in
    base36 in 40; in names with capitals and a number (``getUserV2``) in some 30.
    """
    if len(text) < _SHORTEST_TOKEN or not _TOKEN.fullmatch(text):
        return False
    runs = [match.lastindex for match in _SORTS.finditer(text)]
    sorts, size = set(runs), len(text)
    if sorts == {1, 2, 3}:
        return len(runs) > (0.5 if size < _LONG_TOKEN else 0.45) * size
    return len(sorts) == 2 and 3 in sorts and runs.count(3) >= max(3, size // 6)  # noqa: PLR2004 - digits and letters of one case


def _digest(text: str) -> bool:
    """Say whether a part of a file's name is its digest: not a word, not a version."""
    if text.isdigit():
        return len(text) >= 8  # noqa: PLR2004 - a date or a time stamp
    if re.fullmatch(r"[0-9a-f]{6,64}", text):
        return any(letter.isdigit() for letter in text)
    return "." not in text and _WORD.fullmatch(text) is None and _mixed(text)


def _mixed(text: str) -> bool:
    runs = [match.lastindex for match in _SORTS.finditer(text)]
    inner = bool(re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]", text))
    return len(runs) >= 4 and (3 in runs or inner) and not re.search(r"[-_]", text[1:-1])  # noqa: PLR2004 - as "index-DiwrgTda"
