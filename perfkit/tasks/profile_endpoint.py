"""Where does the time of one endpoint go? Measured in this process, on an ASGI application."""

from __future__ import annotations

import importlib
import statistics as stdlib_statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import units
from perfkit.errors import UsageError
from perfkit.fingerprint import fingerprint
from perfkit.probes import endpoint_profile, http_text
from perfkit.probes.endpoint_split import CLASSES, split
from perfkit.results import Result
from perfkit.tasks import endpoint_findings

if TYPE_CHECKING:
    from perfkit.probes.endpoint_profile import Profile
    from perfkit.probes.http_text import HttpRequest

__all__ = ["ProfileResult", "profile_endpoint"]

#: Below this share the classes nobody asked for are left out of the table.
_LEAST = 0.0005
_ALWAYS = ("database", "Python (CPU)", "waiting")
_MOST = 10_000
#: From here on the division of the time is less sure than its total.
_DISTORTED = 1.25


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProfileResult(Result):
    """The Result of ``profile_endpoint``; ``tree`` is pyinstrument's call tree as text.

    The tree says who takes time; how much is said by the table only, because code with
    many calls runs up to three times slower under pyinstrument.
    """

    tree: str = ""


def profile_endpoint(
    app: Any, request: str, *, n: int = 20, warmup: int = 3, timeout: float = 30.0
) -> ProfileResult:
    """Divide an endpoint's time: database, other services, Python, blocking, waiting.

    The application runs in this process, on an event loop of its own, without a server.
    Background tasks after the answer do not count.

    Args:
        app: an ASGI application (FastAPI, Starlette, ...), or ``"module:app"``.
        request: ``"GET /orders"``, with headers and body below it where needed.
        n: how often it runs plain, with hooks, and under pyinstrument (each).
        warmup: how often it runs before.
        timeout: seconds for one answer.

    Returns:
        A ProfileResult, one row per class: ``class, ms`` (median per request), ``share``;
        the classes sum to the whole. ``.tree`` names the functions.

    Raises:
        UsageError: no ASGI application, no single request, or an endpoint that fails.

    Example:
        >>> perfkit.profile_endpoint("shop.main:app", "GET /orders")   # doctest: +SKIP
    """
    if not 1 <= n <= _MOST or warmup < 0 or not timeout > 0:
        raise UsageError(
            "profile_endpoint: n, warmup and timeout must be positive", hint="n=20, warmup=3"
        )
    asked = _single(request)
    profile = endpoint_profile.profile(
        _application(app), asked, n=n, warmup=warmup, timeout=timeout
    )
    return _result(asked, profile)


def _single(text: str) -> HttpRequest:
    found = http_text.parse(text, host="localhost")
    if len(found) > 1:
        raise UsageError(
            f"profile_endpoint: {len(found)} requests where one is profiled at a time",
            hint='profile_endpoint(app, "GET /orders")',
        )
    return found[0]


def _application(app: Any) -> Any:
    """Return the application itself; a text is ``module:name``."""
    found = _imported(app) if isinstance(app, str) else app
    if not callable(found):
        raise UsageError(
            f"app: {type(found).__name__} is no ASGI application", hint="pass app or 'module:app'"
        )
    if hasattr(found, "wsgi_app"):
        raise UsageError(
            "app: this is a WSGI application, and only ASGI ones can be profiled",
            hint="time it through its server: perfkit.timeapi('GET http://127.0.0.1:5000/...')",
        )
    return found


def _imported(name: str) -> Any:
    module, _, attributes = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"app: module {module!r} cannot be imported ({type(error).__name__})",
            hint="write 'module:app', and start where 'import module' works",
        ) from error
    for attribute in (attributes or "app").split("."):
        if not hasattr(found, attribute):
            raise UsageError(
                f"app: {module!r} has no {attribute!r}", hint="write 'module:app'"
            ) from None
        found = getattr(found, attribute)
    return found


def _result(request: HttpRequest, profile: Profile) -> ProfileResult:
    total = stdlib_statistics.median(profile.plain_ms)
    shares = _shares(profile)
    rows = [
        {"class": name, "ms": share * total, "share": share}
        for name, share in shares.items()
        if share > _LEAST or name in _ALWAYS
    ]
    statements = [_fingerprints(recorder) for recorder in profile.recorders]
    queries = int(stdlib_statistics.median_low([sum(one.values()) for one in statements]))
    schema = pa.schema([("class", pa.string()), ("ms", pa.float64()), ("share", pa.float64())])
    tree = profile.tree
    return ProfileResult(
        analysis="profile_endpoint",
        question=f"Where does the time of {request.name} go?",
        headline=_headline(request, total, shares, queries),
        arrow=pa.Table.from_pylist(rows, schema=schema),
        noun="classes",
        findings=endpoint_findings.find(request, profile, statements, tree),
        caveats=_caveats(profile, total),
        checked=["statements that repeat within a request", "callbacks that block the event loop"],
        totals={
            "request": request.name,
            "median_ms": total,
            "queries": queries,
            "runs": len(profile.plain_ms),
        },
        tree=tree.text if tree is not None else "",
    )


def _shares(profile: Profile) -> dict[str, float]:
    """Return each class's share of all hooked runs together; they sum to 1."""
    divided = [split(recorder) for recorder in profile.recorders]
    sums = {name: sum(one[name] for one in divided) for name in CLASSES}
    whole = sum(sums.values()) or 1.0
    return {name: ms / whole for name, ms in sums.items()}


def _fingerprints(recorder: Any) -> Counter[str]:
    return Counter(fingerprint(one.where) for one in recorder.of("database"))


def _headline(request: HttpRequest, total: float, shares: dict[str, float], queries: int) -> str:
    name, share = max(shares.items(), key=lambda item: item[1])
    text = f"{request.name} takes {units.format_ms(total)}"
    text += f", {units.format_share(share)} of it {name}"
    return f"{text}; {queries:,} SQL statement{'s'[: queries != 1]}" if queries else text


def _caveats(profile: Profile, total: float) -> list[str]:
    hooked = stdlib_statistics.median((one.ended - one.started) / 1e6 for one in profile.recorders)
    found = []
    if hooked > _DISTORTED * total:
        slower = units.format_share(hooked / total - 1)
        found.append(f"the runs that give the shares were {slower} slower than plain ones")
    return found
