r"""Apache's notation for log formats: ``%h %l %u %t \"%r\" %>s %b``.

Also as the whole directive (``LogFormat "..." combined``, ``CustomLog file "..."``). What
``mod_log_config`` documents: ``%t`` is when the request was received, and so is ``%{...}t`` unless
it begins with ``end:``; ``%D`` are microseconds, ``%T`` seconds, ``%{ms}T`` milliseconds to serve
the request; a dash in ``%b`` means that no bytes were sent (so it is 0 here); ``%400,501{...}i``
is a dash for other statuses; ``%U`` and ``%q`` make the path. ``%^FB`` (``mod_logio``) are
microseconds to the first byte, which no column has.
"""

from __future__ import annotations

import re

from perfkit.formats.requests.access.clocks import has_only_known
from perfkit.formats.requests.access.dialect import Dialect, Part
from perfkit.formats.requests.access.template import Field

__all__ = ["DIALECT"]

_ROLES: dict[str, tuple[str, str]] = {
    "h": ("client", ""),
    "a": ("client", ""),
    "r": ("request", ""),
    "m": ("method", ""),
    "U": ("path", ""),
    "q": ("query", ""),
    "s": ("status", ""),
    "b": ("response_bytes", "clf"),
    "B": ("response_bytes", ""),
    "O": ("response_bytes", ""),
    "D": ("duration", "us"),
    "T": ("duration", "s"),
    "v": ("service", ""),
    "V": ("service", ""),
}
#: What has no column: the server's own address and process, the user, sizes received, ...
_UNREAD = frozenset("AfHIkLlpPRSuX")
_HEADERS: dict[str, tuple[str, str]] = {
    "host": ("service", ""),
    "x-forwarded-for": ("client", "forwarded"),
    "x-real-ip": ("client", ""),
    "x-request-id": ("request_id", ""),
    "x-correlation-id": ("request_id", ""),
    "unique_id": ("request_id", ""),
    "traceparent": ("trace_id", "traceparent"),
    "x-b3-traceid": ("trace_id", ""),
    "x-amzn-trace-id": ("trace_id", ""),
}
_SINCE_1970 = {"sec": "s", "msec": "ms", "usec": "us"}
_FRACTIONS = {"msec_frac", "usec_frac"}
_TOKEN = re.compile(
    r"%(?:!?[0-9]{3}(?:,[0-9]{3})*)?[<>]?"
    r"(?:\{(?P<argument>[^}]*)\})?(?P<letter>\^?[A-Za-z]{2}(?<=\^..)|[A-Za-z%])"
)
_DIRECTIVE = re.compile(
    r"\s*(?:LogFormat|CustomLog\s+(?:\"[^\"]*\"|\S+))\s+\"(?P<format>(?:[^\"\\]|\\.)*)\"",
    re.DOTALL | re.IGNORECASE,
)
_SHORT = {"n": "\n", "t": "\t"}


def _unwrapped(text: str) -> str:
    r"""Return the format of a directive; ``\\"`` and ``\\t`` are written so in any case."""
    directive = _DIRECTIVE.match(text)
    return re.sub(
        r"\\(.)",
        lambda found: _SHORT.get(found[1], found[1]),
        directive["format"] if directive else text,
    )


def _meaning(found: re.Match[str]) -> tuple[Part, ...] | None:
    letter, argument = found["letter"], found["argument"]
    if letter == "%":
        return ("%",)
    if letter == "t":
        return _time(argument, found[0])
    role, unit = _ROLES.get(letter, ("", ""))
    if letter in "ioenC" and argument is not None:
        role, unit = _HEADERS.get(argument.lower(), ("", ""))
    elif letter.startswith("^"):
        role, unit = "", ""
    elif letter == "T" and argument:
        unit = argument
    elif (letter == "a" and argument == "c") or letter == "p":
        role = ""
    elif letter not in _ROLES and letter not in _UNREAD:
        return None
    return (Field(role=role, unit=unit, several=unit == "forwarded", name=found[0]),)


def _time(argument: str | None, name: str) -> tuple[Part, ...] | None:
    if argument is None:
        return "[", Field(role="start", unit="clf", name=name), "]"
    role = "time" if argument.startswith("end:") else "start"
    plain = re.sub(r"\A(?:begin|end):", "", argument)
    if plain in _SINCE_1970:
        return (Field(role=role, unit=_SINCE_1970[plain], name=name),)
    if plain in _FRACTIONS:
        return (Field(role=role, unit="%f", name=name),)
    unit = plain.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d").replace("%D", "%m/%d/%y")
    unit = unit.replace("%R", "%H:%M").replace("%e", "%d").replace("%h", "%b")
    return (Field(role=role, unit=unit or "clf", name=name),) if has_only_known(unit) else None


def _joined(parts: list[Part]) -> list[Part]:
    """Put the pieces of a time together, ``%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t``."""
    result: list[Part] = []
    for part in parts:
        last = _last_time(result)
        if isinstance(part, Field) and _is_piece(part) and last is not None:
            between = "".join(str(text) for text in result[last + 1 :])
            first = result[last]
            del result[last:]
            result.append(_merged(first, between, part))
        else:
            result.append(part)
    return result


def _last_time(parts: list[Part]) -> int | None:
    places = [at for at, part in enumerate(parts) if isinstance(part, Field)]
    return places[-1] if places and _is_piece(parts[places[-1]]) else None


def _is_piece(part: Part) -> bool:
    return isinstance(part, Field) and "%" in part.unit


def _merged(first: Part, between: str, second: Field) -> Field:
    assert isinstance(first, Field)
    unit = first.unit + between.replace("%", "%%") + second.unit
    return Field(role=first.role, unit=unit, name=f"{first.name}{between}{second.name}")


def _belongs(text: str) -> bool:
    return _TOKEN.search(text.replace("%%", "")) is not None


DIALECT = Dialect(
    name="Apache LogFormat",
    token=_TOKEN,
    meaning=_meaning,
    belongs=_belongs,
    unwrapped=_unwrapped,
    joined=_joined,
)
