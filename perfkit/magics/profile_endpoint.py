"""``%profile_endpoint``: where one endpoint's time goes, measured in process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.errors import UsageError
from perfkit.magics import values
from perfkit.magics.options import Command, Line, Option

if TYPE_CHECKING:
    from perfkit.magics.state import Session
    from perfkit.results import Result

__all__ = ["COMMAND", "run"]

SILENCED_BY_SEMICOLON = True

COMMAND = Command(
    name="profile_endpoint",
    summary="Profile one endpoint of an ASGI app in this process.",
    usage="%profile_endpoint --app APP [options] GET /path\n"
    "%%profile_endpoint --app APP [options]      request in the cell's body",
    options=(
        Option("--app", "a notebook variable, or module:app to import", "APP"),
        Option("-n", "how many requests (default 20)", "COUNT"),
        Option("--warmup", "requests not counted, first (default 3)", "COUNT"),
        Option(
            "-p",
            "value of a {{name}} in the request, instead of the notebook's",
            "NAME=VALUE",
            many=True,
        ),
        Option("-o", "store the result in this variable as well", "NAME"),
    ),
    examples=(
        "%profile_endpoint --app app GET /orders?user_id=42",
        "%%profile_endpoint --app shop.main:app\nPOST /checkout\nAccept: text/html\n\n{}",
    ),
)


def run(session: Session, line: Line, body: str | None) -> Result:
    """Profile the endpoint and return the result."""
    from perfkit.tasks.profile_endpoint import profile_endpoint

    text = (line.rest if body is None else body).strip().rstrip(";")
    if not text:
        raise UsageError(
            "%profile_endpoint has no request", hint="%profile_endpoint --app app GET /orders"
        )
    given = values.overrides(line.all("p"))
    request = values.filled_request(text, session.namespace, given)
    result = profile_endpoint(
        _app(line, session),
        request,
        n=int(line.number("n", 20)),
        warmup=int(line.number("warmup", 3)),
    )
    return session.keep(line.get("o"), result)


def _app(line: Line, session: Session) -> Any:
    """Return the notebook's variable, or the text ``module:app`` for the task to import."""
    name = line.get("app", "app")
    if ":" in name:
        return name
    if name not in session.namespace:
        raise UsageError(
            f"the notebook has no variable {name!r} that holds an app",
            hint="--app NAME for a variable, --app module:app to import one",
        )
    return session.namespace[name]
