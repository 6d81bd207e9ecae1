"""Ways to damage a file: what disks, rotation, editors, locales and attackers do to logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

__all__ = ["mutated"]

_DIGITS = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_TOKEN = re.compile(rb"[A-Za-z0-9_.:]+|[^A-Za-z0-9_.:\s]")
_NUMBERS = (
    b"0", b"-1", b"1e999", b"-0.0", b"NaN", b"inf", b"9" * 19, b"9" * 40, b"4294967296",
    b"9223372036854775808", b"0001", b"9999", b"1e-400", b"0x1F", b"1_000", b"\xd9\xa3", b"",
    b"00000000000000000000000000000001", b"18446744073709551615", b"1,5", b"31", b"60", b"24",
)  # fmt: skip
_BITS = (
    b"\0", b"\0" * 16, b"\0" * 4096, b"\xff", b"\xff" * 40, b"\r", b"\r\n", b"\n", b"\n\n",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x1b[31m", b'"', b"'", b"\\", b'\\"', b"{", b"}", b"[", b"]",
    b"[" * 3000, b'{"a":' * 1500, b"(", b")", b",", b"\t", b" ", b"\xe4\xf6\xfc", b"\xc3", b"null",
    b"/*", b"*/", b"--", b"$$", b"#", b";", b"%s", b"\\u0000", b"\\ud800", b"\xe2\x80\xa8", b"=",
    b"a" * 5000, b" " * 5000, b"+99:99", b" Mars/Olympus", b"\x1f\x8b", b"PK\x03\x04",
)  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return ``data`` damaged in one to four ways; ``others`` are spliced in now and then."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        way = chance.choice(_WAYS)
        data = way(data, chance) if way is not _splice else _splice(data, chance, others)
    return data


def _span(data: bytes, chance: random.Random, longest: int = 400) -> tuple[int, int]:
    begin = chance.randint(0, len(data))
    return begin, min(len(data), begin + chance.randint(1, chance.choice((1, 4, 40, longest))))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _delete(data: bytes, chance: random.Random) -> bytes:
    begin, end = _span(data, chance)
    return data[:begin] + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_BITS) + data[at:]


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    begin, end = _span(data, chance)
    bit = chance.choice(_BITS) or b"\0"
    return data[:begin] + (bit * (end - begin))[: end - begin] + data[end:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    begin, end = _span(data, chance)
    return data[:end] + data[begin:end] * chance.choice((1, 1, 2, 20)) + data[end:]


def _noise(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.randbytes(chance.choice((1, 3, 30))) + data[at:]


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        chance.shuffle(lines)
    elif kind == 1:
        lines.insert(one, lines[other])
    elif kind == 2:  # noqa: PLR2004 - the third kind
        del lines[one]
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _shorten(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] if chance.random() < 0.6 else data[at:]  # noqa: PLR2004 - more often the end


def _number(data: bytes, chance: random.Random) -> bytes:
    return _replaced(data, chance, _DIGITS, chance.choice(_NUMBERS))


def _token(data: bytes, chance: random.Random) -> bytes:
    found = list(_TOKEN.finditer(data))
    if len(found) < 2:  # noqa: PLR2004 - two are exchanged
        return data
    one, other = sorted(chance.sample(found, 2), key=lambda match: match.start())
    middle = data[one.end() : other.start()]
    return data[: one.start()] + other[0] + middle + one[0] + data[other.end() :]


def _replaced(data: bytes, chance: random.Random, pattern: re.Pattern[bytes], new: bytes) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start()] + new + data[match.end() :]


def _ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n")))


def _splice(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    begin, end = sorted((chance.randint(0, len(other)), chance.randint(0, len(other))))
    at = chance.randint(0, len(data))
    if chance.random() < 0.5:  # noqa: PLR2004 - whole lines as often as not
        begin, end = (other.rfind(b"\n", 0, place) + 1 for place in (begin, end))
        at = data.rfind(b"\n", 0, at) + 1
    return data[:at] + other[begin:end] + data[at:]


_WAYS: tuple[Callable[..., bytes], ...] = (
    _flip, _flip, _delete, _delete, _insert, _insert, _overwrite, _repeat, _noise, _lines, _lines,
    _shorten, _number, _number, _number, _token, _token, _ends, _splice, _splice,
)  # fmt: skip
