"""The path in a request target (RFC 9112, section 3.2), written one way.

Dropped: query and fragment, scheme and host of the absolute form, path parameters
(``;jsessionid=...``, matrix parameters), repeated and trailing slashes. Kept as they are: case and
percent-encoding, for servers tell them apart. ``host:443`` of CONNECT is :data:`TUNNEL`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST", "TUNNEL", "bare", "shortened"]

#: The route of CONNECT requests, whatever host they ask for.
TUNNEL = "(CONNECT)"
#: No route is longer; of longer targets the beginning decides.
LONGEST = 1_000

_ABSOLUTE = "^[A-Za-z][A-Za-z0-9+.-]*://"
_AUTHORITY = r"^[^/?#\s]+:[0-9]{1,5}$"


def bare(targets: pa.Array) -> pa.Array:
    """Return the path of every request target (text, null stays null).

    Example:
        >>> bare(pa.array(["http://shop/a//b/;v=1?q#top", "/"])).to_pylist()
        ['/a/b', '/']
    """
    paths = _without_host(shortened(targets))
    for mark, change in _MARKS:
        paths = _where(paths, pc.match_substring(paths, mark), change)
    ended = pc.and_(pc.ends_with(paths, "/"), pc.greater(pc.binary_length(paths), 1))
    return _where(paths, ended, lambda long: pc.utf8_slice_codeunits(long, 0, -1))


def _without_host(paths: pa.Array) -> pa.Array:
    """Change targets of the absolute and the authority form."""
    rooted = pc.starts_with(paths, "/")
    if pc.all(rooted).as_py() is not False:
        return paths
    absolute = pc.match_substring_regex(paths, _ABSOLUTE)
    named = _where(paths, absolute, _drop(f"{_ABSOLUTE}[^/?#]*/*", "/"))
    return _where(named, pc.match_substring_regex(named, _AUTHORITY), _drop("^.*$", TUNNEL))


def _drop(pattern: str, instead: str = "") -> Callable[[pa.Array], pa.Array]:
    return lambda paths: pc.replace_substring_regex(paths, pattern, instead)


def _before(mark: str) -> Callable[[pa.Array], pa.Array]:
    return lambda paths: pc.list_element(pc.split_pattern(paths, mark, max_splits=1), 0)


# What is looked for, and what becomes of the paths that have it; in this order.
_MARKS: tuple[tuple[str, Callable[[pa.Array], pa.Array]], ...] = (
    ("?", _before("?")),
    ("#", _before("#")),
    (";", _drop(";[^/]*")),
    ("//", _drop("/{2,}", "/")),
)


def shortened(paths: pa.Array) -> pa.Array:
    """Return texts with at most :data:`LONGEST` letters."""
    return _where(
        paths,
        pc.greater(pc.binary_length(paths), LONGEST),
        lambda long: pc.utf8_slice_codeunits(long, 0, LONGEST),
    )


def _where(paths: pa.Array, mine: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    if not pc.any(mine).as_py():
        return paths
    chosen = pc.fill_null(mine, False)  # noqa: FBT003 - the value to fill in
    return pc.replace_with_mask(paths, chosen, change(paths.filter(chosen)))
