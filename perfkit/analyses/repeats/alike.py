"""Do values look as if they were data? Codes, mail addresses, tokens; no names of endpoints."""

from __future__ import annotations

import re
from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["alike"]

# Whole shapes: currencies, countries, airports and tickers (BRK.B); languages (pt-BR); addresses.
_SHAPES = tuple(
    map(
        re.compile,
        (r"[A-Z][A-Z0-9]{0,5}(?:[.-][A-Z0-9]{1,4})?", r"[a-z]{2,3}[-_][A-Z]{2}", r".+(?:@|%40).+"),
    )
)
#: Codes in lower case are as short as some endpoints (``faq``, ``tag``): it takes so many, of one
#: length of two or three letters (ISO 639, 3166, 4217).
_LOWER = re.compile(r"[a-z]{2,3}")
_MANY_LOWER = 8
_RUNS = re.compile(r"(\d+)|[A-Za-z]+")
_DIGIT = re.compile(r"\d")
#: ``SKU-17`` but not ``v1``.
_SHORTEST = 3
#: Random letters and digits of one length; of eight in base 36, one in fourteen has no digit.
_TOKEN = re.compile(r"[\w+~-]{8,}={0,2}", re.ASCII)
_WITH_DIGIT = 0.7


def alike(values: Sequence[str]) -> Sequence[bool]:
    """Say which of ``values`` have the shape of one kind of data; it is half of them, or none.

    Example:
        >>> alike(["EUR", "USD", "latest"]), alike(["cart", "user", "news"])
        ([True, True, False], [False, False, False])
    """
    most = max(_kinds(values), key=sum)
    return most if 2 * sum(most) >= len(values) else [False] * len(values)


def _kinds(values: Sequence[str]) -> Iterator[list[bool]]:
    """Yield which values have a shape, for each that it could be."""
    for shape in _SHAPES:
        yield [bool(shape.fullmatch(value)) for value in values]
    yield [_lower_codes(values)] * len(values)
    yield _usual([_numbered(value) for value in values])
    tokens = _usual([len(value) if _TOKEN.fullmatch(value) else None for value in values])
    digits = sum(bool(_DIGIT.search(value)) for value in compress(values, tokens))
    enough = digits > 0 and digits >= _WITH_DIGIT * sum(tokens)
    yield [enough and token for token in tokens]


def _usual(forms: Sequence[Any]) -> list[bool]:
    """Say which have the form that most of those with a form have."""
    counted = Counter(form for form in forms if form is not None)
    usual = max(counted, key=lambda form: counted[form], default=None)
    return [form is not None and form == usual for form in forms]


def _lower_codes(values: Sequence[str]) -> bool:
    one_length = len({len(value) for value in values}) == 1
    return one_length and len(values) >= _MANY_LOWER and all(map(_LOWER.fullmatch, values))


def _numbered(value: str) -> str | None:
    """Return where a value has letters and where digits, None if it has none of either."""
    form = _RUNS.sub(lambda run: "0" if run[1] else "a", value)
    return form if "0" in form and len(value) >= _SHORTEST else None
