"""SLOWLOG GET as JSON or CSV: of redis-cli, and of client libraries."""

from __future__ import annotations

import re
from typing import Any

from perfkit.formats.logs.mongodb_documents import documents, number
from perfkit.formats.logs.redis_entry import Bad, Entries, Entry, unquoted

__all__ = ["CSV", "NESTED", "OBJECT", "csv_entries", "is_object", "json_entries"]

#: ``[[14,1795260666,10,["get","k"],"127.0.0.1:5000",""],...``
NESTED = re.compile(r'\s*\[\s*\[\s*[0-9]{1,18}\s*,\s*[0-9]{10}\s*,\s*[0-9]{1,15}\s*,\s*\[\s*"')
CSV = re.compile(r'\s*[0-9]{1,18},[0-9]{10},[0-9]{1,15},"')
OBJECT = re.compile(r"\s*\[?\s*\{")
_ENTRY = re.compile(
    r'([0-9]{1,18}),([0-9]{10}),([0-9]{1,15})((?:,"(?:[^"\\]|\\.)*")+)(?=,[0-9]|\s*$|\s*\n)'
)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAMES = {
    "id": "id",
    "start_time": "at",
    "timestamp": "at",
    "time": "at",
    "unix_timestamp": "at",
    "duration": "micros",
    "duration_us": "micros",
    "execution_time": "micros",
    "command": "arguments",
    "arguments": "arguments",
    "args": "arguments",
    "client_address": "address",
    "clientaddr": "address",
    "client_addr": "address",
    "client_ip_port": "address",
    "client_name": "name",
    "clientname": "name",
    "client": "client",
    "complexity": "",  # what Redis Enterprise adds
}
_BROKEN = "it is not an entry of SLOWLOG GET, or cut off"
_NEEDED = {"id", "at", "micros", "arguments"}
_NANOSECONDS = frozenset({"ID", "Time", "Duration", "Args"})  # go-redis' struct: a time.Duration


def is_object(value: Any) -> bool:
    """Say whether a JSON object is an entry: it has what one has, and nothing else."""
    if not isinstance(value, dict):
        return False
    roles = [_NAMES.get(key.lower()) for key in value]
    return None not in roles and set(roles) >= _NEEDED


def json_entries(text: str) -> Entries:
    """Read an array of arrays (``redis-cli --json``) or objects (client libraries)."""
    found: list[Entry] = []
    bad: list[Bad] = []
    count = 0
    for count, (raw, value) in enumerate(documents(text), start=1):
        entry = _of_list(value, count) if isinstance(value, list) else _of_object(value, count)
        if entry is None:
            bad.append(Bad(count, 1, _BROKEN, raw[:500]))
        else:
            found.append(entry)
    return Entries(found, bad, 0, count)


def _of_list(value: list[Any], line: int) -> Entry | None:
    if len(value) < 4:  # noqa: PLR2004 - id, time, duration, arguments
        return None
    said = [item if isinstance(item, str) else "" for item in (*value[4:6], "", "")]
    return _entry(line, value[:4], said[0], said[1], 1.0)


def _of_object(value: Any, line: int) -> Entry | None:
    if not is_object(value):
        return None
    parts = {_NAMES[key.lower()]: item for key, item in value.items()}
    client = parts.get("client")
    if isinstance(client, dict):  # node-redis
        parts = {"address": client.get("address"), "name": client.get("name")} | parts
    scale = 0.001 if value.keys() >= _NANOSECONDS else 1.0
    values = [parts[name] for name in ("id", "at", "micros", "arguments")]
    said = [item if isinstance(item, str) else "" for item in map(parts.get, ("address", "name"))]
    return _entry(line, values, said[0], said[1], scale)


def _entry(line: int, values: list[Any], address: str, name: str, scale: float) -> Entry | None:
    identity, at, micros, arguments = values
    if isinstance(arguments, str):
        arguments = arguments.split(" ")
    known = number(identity), number(micros)
    if None in known or not isinstance(arguments, list) or not arguments:
        return None
    if not isinstance(at, str) and not _is_moment(at):
        return None
    words = [item if isinstance(item, str) else "?" for item in arguments]
    return Entry(line, known[0] or 0, at, (known[1] or 0) * scale, words, address, name)


def _is_moment(value: Any) -> bool:
    """Say whether a number can be seconds or milliseconds since 1970."""
    found = number(value)
    return found is not None and found < 10**13


def csv_entries(text: str) -> Entries:
    """Read what ``redis-cli --csv`` prints: all entries flat in one line."""
    found: list[Entry] = []
    bad: list[Bad] = []
    at = count = 0
    while at < len(text.rstrip()):
        match = _ENTRY.match(text, at)
        count += 1
        if match is None:
            bad.append(
                Bad(count, 1, "it is cut off, or no entry of SLOWLOG GET", text[at : at + 500])
            )
            break
        at = match.end() + 1
        words = [unquoted(word) for word in _TEXT.findall(match[4])]
        found.append(_of_words(count, match, words))
    return Entries(found, bad, 0, count)


def _of_words(line: int, match: re.Match[str], words: list[str]) -> Entry:
    """Return the entry; the last two words are address and name, from Redis 4 on."""
    address = name = ""
    if len(words) > 2 and re.search(r":[0-9]{1,5}$", words[-2]):  # noqa: PLR2004 - a command and both
        address, name = words[-2:]
        words = words[:-2]
    return Entry(line, int(match[1]), int(match[2]), int(match[3]), words, address, name)
