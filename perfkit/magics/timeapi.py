"""``%%timeapi``: time HTTP requests, or the Python code in the cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.magics import values
from perfkit.magics.options import Command, Line, Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.magics.state import Session
    from perfkit.results import Result

__all__ = ["COMMAND", "is_request", "run"]

SILENCED_BY_SEMICOLON = True

COMMAND = Command(
    name="timeapi",
    summary="Time an HTTP request (or Python code) many times, one after the other.",
    usage="%%timeapi [options]      request or Python code in the cell's body\n"
    "%timeapi [options] URL",
    options=(
        Option("-n", "how many requests (default 200)", "COUNT"),
        Option("--warmup", "requests not counted, first (default 5)", "COUNT"),
        Option("--timeout", "give one request up after this time (default 30s)", "TIME"),
        Option(
            "-p",
            "value of a {{name}} in the request, instead of the notebook's",
            "NAME=VALUE",
            many=True,
        ),
        Option("--allow-remote", "allow a target that is not on this machine"),
        Option("-o", "store the result in this variable as well", "NAME"),
    ),
    examples=(
        "%%timeapi -n 100\nGET http://127.0.0.1:8000/users/{{user_id}}\nAccept: application/json",
        "%timeapi GET http://127.0.0.1:8000/healthz",
    ),
)

_REQUEST = re.compile(
    r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+\S|https?://|curl\s", re.IGNORECASE
)


def is_request(text: str) -> bool:
    """Tell a request from Python code: by its first line that is no comment."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith(("#", "//"))), "")
    return _REQUEST.match(first) is not None


def run(session: Session, line: Line, body: str | None) -> Result:
    """Time the request (or code) and return the result."""
    from perfkit.tasks.timeapi import time_code, timeapi
    from perfkit.units import parse_duration_ms

    text = (line.rest if body is None else body).strip().rstrip(";")
    if not text:
        raise UsageError(
            "%%timeapi has nothing to time", hint="%timeapi GET http://127.0.0.1:8000/"
        )
    n, warmup = int(line.number("n", 200)), int(line.number("warmup", 5))
    if not is_request(text):
        return session.keep(line.get("o"), time_code(_function(text, session), n=n, warmup=warmup))
    given = values.overrides(line.all("p"))
    request = values.filled_request(text, session.namespace, given)
    timeout = parse_duration_ms(line.get("timeout", "30s")) / 1000
    result = timeapi(
        request, n=n, warmup=warmup, timeout=timeout, allow_remote=line.has("allow-remote")
    )
    return session.keep(line.get("o"), result)


def _function(code: str, session: Session) -> Callable[[], Any]:
    """Compile the cell's code to a function that runs in the notebook's namespace."""
    try:
        compiled = compile(code, "<timeapi>", "exec")
    except SyntaxError as error:
        raise UsageError(
            f"the cell is neither a request nor Python code: {error.msg} (line {error.lineno})",
            hint="a request starts with a verb, a URL or curl; for await use perfkit.timeapi_async",
        ) from None
    namespace = session.namespace

    def call() -> None:
        exec(compiled, namespace)  # type: ignore[arg-type]  # noqa: S102 - the user's own cell

    return call
