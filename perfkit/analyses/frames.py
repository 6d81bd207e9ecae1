"""Call stacks as the frames they list, whoever wrote them down."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Frame", "code_of", "culprit", "frames"]

#: Frameworks and drivers that call, or are called by, the code one can change.
_FRAMEWORK = re.compile(
    r"(_pytest|aiohttp|anyio|asgiref|asyncpg|celery|django|fastapi|flask|gunicorn|h11|httpcore"
    r"|httptools|httpx|hypercorn|opentelemetry|psycopg2?|pydantic|pydantic_core|redis|requests"
    r"|rest_framework|sanic|sqlalchemy|starlette|structlog|tornado|trio|urllib3|uvicorn|uvloop"
    r"|werkzeug)(\.|$)"
)
_FOREIGN_PATH = re.compile(r"(?:^|[/\\])(?:site-packages|dist-packages|python3\.\d+)[/\\]|^<")

_FORMS = (
    # a traceback: File "/srv/app/main.py", line 27, in slow
    re.compile(r'File "(?P<place>[^"\n]+)", line (?P<line>\d+), in (?P<function>[^\s,;]+)'),
    # asyncio's debug mode: coro=<slow() done, defined at /srv/app/main.py:27>
    re.compile(
        r"coro=<(?P<function>[\w.<>]+)\([^)]{0,200}\)[^>]{0,200}? (?:defined|running) at"
        r" (?P<place>[^\s:>]+):(?P<line>\d+)"
    ),
    # module:function:line;... and /srv/app/main.py:27 in slow
    re.compile(r"(?P<place>[\w.<>]+):(?P<function>[\w.<>]+):(?P<line>\d+)"),
    re.compile(r"(?P<place>[^\s:;]+\.py):(?P<line>\d+)(?: in |:|\()(?P<function>[\w.<>]+)"),
    re.compile(
        r"<(?:Timer)?Handle (?P<function>[\w.<>]+)\(.{0,200}? at (?P<place>[^\s:>]+):(?P<line>\d+)"
    ),
)


@dataclass(frozen=True)
class Frame:
    """One function on a stack; ``place`` is its module or its file."""

    place: str
    function: str
    line: int

    def __str__(self) -> str:
        """Name it as people do: ``render (shop.report:27)``."""
        return f"{self.function} ({self.place}:{self.line})"

    @property
    def foreign(self) -> bool:
        """Whether it belongs to Python itself, an installed package or a known framework."""
        if "/" in self.place or "\\" in self.place or self.place.startswith("<"):
            return bool(_FOREIGN_PATH.search(self.place))
        top = self.place.partition(".")[0]
        return bool(_FRAMEWORK.match(self.place)) or top in sys.stdlib_module_names - {"__main__"}


def frames(stack: str) -> list[Frame]:
    """Return the frames of a stack, outermost first; empty where none can be read.

    Example:
        >>> [str(frame) for frame in frames("shop.app:report:7;shop.report:render:27")]
        ['report (shop.app:7)', 'render (shop.report:27)']
    """
    text = stack[:20_000]  # the deepest stack Python allows, in short lines
    for form in _FORMS:
        if found := [Frame(m["place"], m["function"], int(m["line"])) for m in form.finditer(text)]:
            return found
    return []


def culprit(stack: str) -> Frame | None:
    """Return the innermost frame of the application; of a foreign stack the innermost one."""
    listed = frames(stack)
    chosen = [frame for frame in listed if not frame.foreign] or listed
    named = [frame for frame in chosen if not frame.function.startswith("<")] or chosen
    return named[-1] if named else None  # a comprehension belongs to the function around it


def code_of(frames: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return frames without their lines: a function that blocks in two places is one cause."""
    return pc.replace_substring_regex(frames.cast(pa.string()), r":\d+\)$", ")")
