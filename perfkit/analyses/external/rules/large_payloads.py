"""Answers that are large and slow: those of peers, and those that services send themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.told import SIZE
from perfkit.analyses.repeats.calls import numbered
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Flags, Ints

__all__ = ["rule"]

#: Source: Sentry's detector of large HTTP payloads (300 kB, in 1000s, and 100 ms).
LARGE_BYTES = 300_000
SLOW_MS = 100.0
_FEWEST = 3
_DATA = frozenset({"json", "xml", "graphql", "csv"})
_DOWNLOAD = re.compile(
    r"(?i)download|/files?(?:/|$)|/media/|/images?/|/static/|/assets/|attachment|/blobs?(?:/|$)"
    r"|/backups?(?:/|$)|/artifacts?(?:/|$)|/videos?/|prefetch|/_next/"
)
_TEXT = re.compile(r"(?i)json|xml|text|graphql|protobuf|grpc")
_TYPE = ("http.response.header.content-type", "http.response.headers.content-type")
_SNIPPET = """\
# ask for what is used: fewer fields, a page at a time, compressed
GET /items?fields=id,name,price&limit=100&cursor=...
Accept-Encoding: br, gzip
# FastAPI: app.add_middleware(GZipMiddleware, minimum_size=1000); response_model_include={...}"""


def rule(look: Look) -> list[Claim]:
    """Find operations whose answers have more than 300 kB and take 100 ms (medians).

    At least 3 of them. Files are left out: paths with another extension than those of data, or
    that say download; media types that are no text, JSON or XML.
    """
    forest = look.forest
    web = _web(look)
    rows, size = look.told.numbers(SIZE, web & (forest.length >= SLOW_MS * 1e6))
    if np.count_nonzero(size > LARGE_BYTES) < _FEWEST:
        return []
    size_of = np.zeros(len(forest))
    size_of[rows] = size
    found = []
    every = _alike(look, rows, web)
    operations = groups.encode(pa.chunked_array([look.names(every)], pa.string()))
    for _, at in members(operations.codes):
        chosen = every[at]
        large = chosen[(size_of[chosen] > LARGE_BYTES) & (forest.length[chosen] >= SLOW_MS * 1e6)]
        if len(large) >= _FEWEST and 2 * len(large) > len(chosen) and not _is_file(look, large):
            found.append(_claim(look, large, size_of[large]))
    return found


def _web(look: Look) -> Flags:
    """Say which spans are calls to peers, or serve requests."""
    own = np.zeros(len(look.forest), np.bool_)
    own[look.calls.row[look.calls.kind_is("http", "rpc", "other")]] = True
    found: Flags = (own | look.forest.served) & look.forest.timed
    return found


def _alike(look: Look, rows: Ints, web: Flags) -> Ints:
    """Return all calls and requests with the name, route and peer of some that have a size."""
    columns = (groups.encode(look.forest.rows[name]) for name in ("name", "route", "peer"))
    code, _ = numbered(*(one.codes.astype(np.int64) for one in columns))
    wanted = np.zeros(int(code.max(initial=-1)) + 1, np.bool_)
    wanted[code[rows]] = True
    return np.flatnonzero(wanted[code] & web)


def _is_file(look: Look, rows: Ints) -> bool:
    some = rows[:20]
    urls = zip(
        look.forest.texts("url", some),
        look.forest.texts("route", some),
        look.names(some),
        strict=True,
    )
    paths = [_path(url or route or name) for url, route, name in urls]
    media = [str(known.get(_TYPE[0]) or known.get(_TYPE[1]) or "") for known in look.told.of(some)]
    return any(map(_names_file, paths)) or any(map(_other_media, media))


def _path(url: str) -> str:
    try:
        return urlsplit(url.rsplit(" ", maxsplit=1)[-1]).path
    except ValueError:
        return ""


def _names_file(path: str) -> bool:
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    file = bool(dot) and extension.isalnum() and extension.lower() not in _DATA
    return file or bool(_DOWNLOAD.search(path))


def _other_media(media: str) -> bool:
    return bool(media) and not _TEXT.search(media)


def _claim(look: Look, large: Ints, size: Any) -> Claim:
    forest = look.forest
    typical, took = float(np.median(size)), float(np.median(forest.length[large]) / 1e6)
    served = bool(forest.served[large[0]])
    name = look.name(large)
    order = np.argsort(-size, kind="stable")[:3]
    traces = forest.texts("trace_id", large[order])
    transfer = _transfer_ms(look, large)
    finding = Finding(
        rule="large-payload",
        severity="warning",
        title=(
            f"{name} {'sends' if served else 'is answered with'} {units.format_bytes(typical)}"
            f" and takes {units.format_ms(took)}, in {len(large):,} calls"
        ),
        evidence=[
            {
                "trace_id": trace,
                "response_bytes": int(size[at]),
                "call_ms": float(forest.length[large[at]] / 1e6),
            }
            for trace, at in zip(traces, order.tolist(), strict=True)
        ],
        saves_ms=transfer,
        saves_basis="per call, at most: the time outside of the server" if transfer else "",
        saves_times=float(len(large)),
        fix=Fix(
            text="Ask for fewer fields and rows, page by page, and compress the answer.",
            snippet=_SNIPPET,
            language="http",
        ),
        effort="medium",
        confidence="medium" if transfer else "low",
        keys=_keys(look, large, name),
    )
    return Claim(finding, large)


def _keys(look: Look, large: Ints, name: str) -> dict[str, str]:
    if not look.forest.served[large[0]]:
        return look.keys(np.flatnonzero(look.calls.row == large[0]))
    route, trace = (look.forest.texts(column, large[:1])[0] for column in ("route", "trace_id"))
    return {"route": visible(route or name, 120), "trace_id": trace or ""}


def _transfer_ms(look: Look, rows: Ints) -> float | None:
    """Return what calls take after the server's half has ended; None: not known."""
    calls = look.calls
    place = np.flatnonzero(np.isin(calls.row, rows) & (calls.server >= 0))
    if not len(place):
        return None
    after = (calls.end[place] - look.forest.end[calls.server[place]]) / 1e6
    typical = float(np.median(after))
    return typical if typical > 1 else None
