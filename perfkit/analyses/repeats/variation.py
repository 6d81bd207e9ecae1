"""Templates out of variation: ``/users/ada`` and ``/users/bob`` are ``/users/{...}``.

Numbers and digests in URLs and keys are taken out beforehand. Names are told from fixed
endpoints (``/api/orders``, ``/api/profile``) by how they vary: those of a fixed set come again
in every request, those of data do not, or look alike (``/rate/EUR``, ``/rate/USD``: a guess).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.repeats.alike import alike
from perfkit.analyses.repeats.cache_command import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from perfkit.analyses.repeats.calls import Calls, Target

__all__ = ["merged"]

#: So many values of a section behind a plural ("users"), ...
_FEWEST = 5
#: ... or of any section, if so many of the times a request uses a value are the only ones, ...
_MANY, _OWN = 10, 0.6
#: ... are data. A value that so many of at least three requests use is part of the interface.
_FIXED, _FIXED_REQUESTS = 0.8, 3
_MOST_SECTIONS = 24
_HOLE = "{...}"
_SHORTEST = 4  # letters of a plural that says what follows is one of many
_NO_PLURALS = frozenset(
    {"services", "apis", "apps", "endpoints", "modules", "settings", "assets", "statics", "status"}
    | {"news", "analytics", "js", "css", "views", "actions", "operations", "functions", "methods"}
)


@dataclass(frozen=True, kw_only=True)
class _Split:
    """A target in sections; ``values`` are the places that may be data."""

    before: tuple[str, ...]
    sections: tuple[str, ...]
    separator: str


def merged(calls: Calls) -> Calls:
    """Return the calls with targets that differ by data alone as one."""
    for _ in range(2):  # /users/ada/roles/admin has two
        found = _renamed(calls)
        if not found:
            return calls
        place: dict[Target, int] = {}
        number = [
            place.setdefault(found.get(n, target), len(place))
            for n, target in enumerate(calls.targets)
        ]
        calls = replace(calls, target=np.array(number, np.int64)[calls.target], targets=list(place))
    return calls


def _renamed(calls: Calls) -> dict[int, Target]:
    splits = {
        number: split
        for number, target in enumerate(calls.targets)
        if (split := _split(target)) is not None
    }
    if len(splits) < _FEWEST:
        return {}
    families: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, split in splits.items():
        for place, masked in _holes(split):
            families[(calls.targets[number].peer, split.before, place, masked)].append(number)
    large = [family for family in families.items() if len(family[1]) >= _FEWEST]
    if not large:
        return {}
    users = _users(calls, {number for _, members in large for number in members})
    longer = cache(lambda: _longer(calls, splits))
    found: dict[int, Target] = {}
    for (_, _, place, _), members in sorted(
        large, key=lambda family: (family[0][2], -len(family[1]))
    ):
        free = [number for number in members if number not in found]
        if len(free) < _FEWEST:
            continue
        if _is_data(splits, users, place, free):
            found |= _named(calls, splits, place, free)
        elif chosen := _looking_like_data(calls, splits, longer, place, free):
            found |= _named(calls, splits, place, chosen, guessed=True)
    return found


def _split(target: Target) -> _Split | None:
    """Return the sections of a URL's path or of a command's key."""
    if target.kind == "cache":
        words = (target.fingerprint or "").split(" ")
        sections = parts(words[1])[::2] if len(words) > 1 else []
        separators = parts(words[1])[1::2] if len(words) > 1 else []
        before = (words[0], *words[2:], "".join(separators))
        return _Split(before=before, sections=tuple(sections), separator=":") if sections else None
    if target.kind != "http" or not target.url:
        return None
    head, query_mark, query = target.url.partition("?")
    scheme, _, rest = head.rpartition("://")
    sections = rest.split("/")
    if len(sections) > _MOST_SECTIONS:
        return None
    before = (scheme, sections[0], query_mark + query)  # the method is part of the scheme
    return _Split(before=before, sections=tuple(sections), separator="/")


def _holes(split: _Split) -> Iterator[tuple[int, tuple[str, ...]]]:
    for place in range(1, len(split.sections)):
        section = split.sections[place]
        if section and not section.startswith(("{", "?", "*")):
            yield place, (*split.sections[:place], _HOLE, *split.sections[place + 1 :])


def _users(calls: Calls, numbers: set[int]) -> dict[int, set[int]]:
    """Return the owners that use each of these targets."""
    mine = np.flatnonzero(np.isin(calls.target, list(numbers)))
    users: defaultdict[int, set[int]] = defaultdict(set)
    for target, owner in zip(calls.target[mine].tolist(), calls.owner[mine].tolist(), strict=True):
        users[target].add(owner)
    return users


def _is_data(
    splits: dict[int, _Split], users: dict[int, set[int]], place: int, members: Sequence[int]
) -> bool:
    sections = splits[members[0]].sections
    if splits[members[0]].separator == ":":
        return True  # whatever keys mean, one command can ask for all
    uses = [users.get(number, set()) for number in members]
    owners = len(set().union(*uses))
    if owners >= _FIXED_REQUESTS and min(map(len, uses)) >= _FIXED * owners:
        return False
    if _plural(sections[place - 1]):
        return True
    own = len(members) / max(1, sum(map(len, uses)))
    return owners > 1 and len(members) >= _MANY and own > _OWN


def _longer(calls: Calls, splits: dict[int, _Split]) -> dict[Any, set[tuple[str, ...]]]:
    """Return what follows each beginning of the URLs: its next sections, by the sections so far."""
    found: defaultdict[Any, set[tuple[str, ...]]] = defaultdict(set)
    for number, split in splits.items():
        if split.separator == "/":
            peer, sections = calls.targets[number].peer, split.sections
            for end in range(2, len(sections) + 1):
                found[peer, sections[:end]].add(sections[end:])
    return found


def _looking_like_data(
    calls: Calls,
    splits: dict[int, _Split],
    longer: Callable[[], dict[Any, set[tuple[str, ...]]]],
    place: int,
    members: Sequence[int],
) -> list[int]:
    """Return the members whose values have one shape, none unless the same follows all of them."""
    found = alike([splits[number].sections[place] for number in members])
    chosen = list(compress(members, found))
    if len(chosen) < _FEWEST:
        return []
    ends = (
        longer()[calls.targets[number].peer, splits[number].sections[: place + 1]]
        for number in chosen
    )
    return chosen if len({frozenset(one) for one in ends}) == 1 else []


def _plural(section: str) -> bool:
    word = section.lower()
    return len(word) >= _SHORTEST and word.endswith("s") and word not in _NO_PLURALS


def _named(
    calls: Calls,
    splits: dict[int, _Split],
    place: int,
    members: Sequence[int],
    *,
    guessed: bool = False,
) -> dict[int, Target]:
    target, split = calls.targets[members[0]], splits[members[0]]
    if split.separator == ":":
        words = (target.fingerprint or "").split(" ")
        key = parts(words[1])
        key[2 * place] = "?"
        shown = replace(target, fingerprint=" ".join((words[0], "".join(key), *words[2:])))
    else:
        sections = (*split.sections[:place], _HOLE, *split.sections[place + 1 :])
        scheme, _, query = split.before
        start = f"{scheme}://" if scheme else ""
        guess = guessed or any(calls.targets[number].guessed for number in members)
        shown = replace(target, url=f"{start}{'/'.join(sections)}{query}", guessed=guess)
    return dict.fromkeys(members, shown)
