"""Names that tell requests of one measurement apart: by query, by host, else by number.

Of a query only what differs is named, and no credential: values behind names that may stand
for one are masked, and so is what :mod:`perfkit.redact` finds.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from perfkit.redact import redact
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["distinct"]

_LONGEST = 80  # characters of a query
_MASK = "***"
# A name that is masked without need costs a number behind it.
_CREDENTIAL = re.compile(
    r"auth|cred|code|jwt|key|otp|pass|pin$|pwd?$|secret|sess|sid$|sig|ticket|token", re.IGNORECASE
)


def distinct(names: Sequence[str], places: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Return ``names`` with what tells equal ones apart.

    ``places`` are ``host:port``, ``targets`` path and query of the requests.

    Example:
        >>> distinct(["GET /a"] * 3, ["h:80"] * 3, ["/a?n=1&x=2", "/a?n=5&x=2", "/a?x=2&n=5"])
        ['GET /a?n=1', 'GET /a?n=5 #1', 'GET /a?n=5 #2']
    """
    found = list(names)
    for same in _equal(found):
        for at, query in zip(same, _differing([targets[at] for at in same]), strict=True):
            found[at] += query
    for same in _equal(found):
        if len({places[at] for at in same}) > 1:
            for at in same:
                found[at] += f" ({places[at]})"
    for same in _equal(found):
        for number, at in enumerate(same, start=1):
            found[at] += f" #{number}"
    return found


def _equal(names: Sequence[str]) -> list[list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        places[name].append(at)
    return [same for same in places.values() if len(same) > 1]


def _differing(targets: Sequence[str]) -> list[str]:
    """Return of each query the parameters that not all of them have."""
    queries = [parse_qsl(urlsplit(target).query, keep_blank_values=True) for target in targets]
    count = Counter(pair for query in queries for pair in set(query))
    return [_shown([pair for pair in query if count[pair] < len(queries)]) for query in queries]


def _shown(pairs: Sequence[tuple[str, str]]) -> str:
    if not pairs:
        return ""
    texts = (f"{name}={_masked(name, value)}" if value else name for name, value in pairs)
    return visible(redact(f"?{'&'.join(texts)}"), _LONGEST)


def _masked(name: str, value: str) -> str:
    return _MASK if _CREDENTIAL.search(name) else value
