"""Texts of a log line -> durations, counts, addresses, paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.errors import UsageError
from perfkit.formats.orm.log_lines import groups
from perfkit.formats.orm.statement_rows import durations, null_if_empty
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from perfkit.formats.requests.apps.matching import Matched

__all__ = [
    "addresses",
    "hosts",
    "integers",
    "milliseconds",
    "request_parts",
    "unescaped",
    "url_paths",
]

#: Units in which one number is written, and how many milliseconds each is.
_FACTORS = {"ns": 1e-6, "us": 1e-3, "micros": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0}
_FACTORS |= {"msecs": 1.0, "s": 1e3}
_ONE = r"^(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[a-zµμ]+)$"
_BRACKETS = r"^\[([^\]]*)\](?::[0-9]{1,5})?$"
_PORT = r"^([^:]+):[0-9]{1,5}$"
_URL = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?P<host>[^/?#]*)(?P<path>[^#]*)"
_REQUEST = (
    r"^(?:(?P<method>[A-Z]{1,20}) )?(?P<path>/.*?|\*|[a-z]+://\S+|[^ ]+:[0-9]+)(?: HTTP/[0-9.]+)?$"
)


def milliseconds(lines: Matched) -> pa.Array:
    """Return how long it took, in ms, whichever group says so; null where none does."""
    if lines.has("duration"):
        return _with_units(lines.group("duration"))
    if lines.has("seconds"):
        return durations(lines.group("seconds"), 1000.0)
    return durations(lines.group("ms"))


def _with_units(texts: pa.Array) -> pa.Array:
    """Read ``1.5ms`` and, as Go writes them, ``1m2.5s``."""
    parts = groups(texts, _ONE)
    ms = pa.nulls(len(texts), pa.float64())
    for unit, factor in _FACTORS.items():
        of_unit = pc.fill_null(pc.equal(parts["unit"], unit), fill_value=False)
        numbers = pc.if_else(of_unit, parts["number"], pa.scalar(None, pa.string()))
        ms = pc.coalesce(ms, durations(numbers, factor))
    several = pc.and_(pc.is_valid(texts), pc.is_null(ms)).to_numpy(zero_copy_only=False)
    if not several.any():
        return ms
    found = ms.to_pylist()
    for row in np.flatnonzero(several).tolist():
        found[row] = _compound(texts[row].as_py())
    return pa.array(found, pa.float64())


def _compound(text: str) -> float | None:
    try:
        return parse_duration_ms(text)
    except UsageError:
        return None


def integers(texts: pa.Array) -> pa.Array:
    """Return whole numbers of up to 18 digits; what is none is unknown."""
    good = pc.match_substring_regex(texts, "^[0-9]{1,18}$")
    return pc.if_else(good, texts, pa.scalar(None, pa.string())).cast(pa.int64())


def addresses(texts: pa.Array) -> pa.Array:
    """Return hosts without port and brackets: of ``[::1]:80``, ``::1`` and ``10.0.0.1:5000``."""
    bare = pc.replace_substring_regex(texts, _BRACKETS, r"\1")
    return null_if_empty(pc.replace_substring_regex(bare, _PORT, r"\1"))


def hosts(urls: pa.Array) -> pa.Array:
    """Return whom a URL names: without user and password, with a port that is not the usual."""
    found = groups(urls, _URL)["host"]
    return null_if_empty(pc.replace_substring_regex(found, ":(?:443|80)$", ""))


def url_paths(urls: pa.Array) -> pa.Array:
    """Return path and query of a URL; a path is returned as it is."""
    parts = groups(urls, _URL)
    path = pc.if_else(pc.equal(parts["path"], ""), "/", parts["path"])
    return pc.coalesce(path, urls)


def request_parts(lines: pa.Array) -> dict[str, pa.Array]:
    """Return method and path of request lines; what is no request line has neither."""
    return {name: null_if_empty(texts) for name, texts in groups(lines, _REQUEST).items()}


def unescaped(texts: pa.Array) -> pa.Array:
    r"""Return texts with ``\"`` and ``\\`` as what they stand for."""
    return pc.replace_substring_regex(texts, r'\\(["\\])', r"\1")
