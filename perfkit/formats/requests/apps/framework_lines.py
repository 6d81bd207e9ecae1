"""Requests as frameworks and their logging middleware write them.

morgan 1.11's lines were written by it; the others are as the sources of these programs say: gin
(``logger.go``), chi (``middleware/logger.go``), Fiber (``middleware/logger``), Tornado
(``web.py::log_request``), Serilog.AspNetCore, ASP.NET Core's hosting diagnostics, Ktor's
CallLogging, httpx (``_client.py``) and urllib3 (``connectionpool.py``), of which the last two
log what was sent.
"""

from __future__ import annotations

from perfkit.formats.requests.apps.line_kinds import BEFORE, PHRASE, LineKind

__all__ = ["FRAMEWORK_LINES"]

_METHOD = r"(?P<method>[A-Z]{3,20})"
_PATH = r"(?P<path>[^\s\"]\S*)"
_STATUS = r"(?P<status>[0-9]{3}|-)"
_BYTES = r"(?P<bytes>[0-9]+|-)"
_MS = r"(?P<ms>[0-9]+\.[0-9]+|-) ms"
#: Go's ``time.Duration``
_GO = r"(?P<duration>(?:[0-9.]+(?:h|ms|m|s|µs|μs|us|ns))+)"

FRAMEWORK_LINES = (
    LineKind(
        name="morgan short",
        mark=" HTTP/",
        pattern=rf"{BEFORE}(?P<client>\S+) \S+ {_METHOD} {_PATH} HTTP/[0-9.]+ {_STATUS} "
        rf"{_BYTES} - {_MS}$",
        escaped=True,
    ),
    LineKind(
        name="morgan dev",
        mark=" ms - ",
        pattern=rf"{BEFORE}\b{_METHOD} {_PATH} {_STATUS} {_MS} - {_BYTES}$",
        escaped=True,
    ),
    LineKind(
        name="morgan tiny",
        mark=" ms",
        pattern=rf"{BEFORE}\b{_METHOD} {_PATH} {_STATUS} {_BYTES} - {_MS}$",
        escaped=True,
    ),
    LineKind(
        name="gin",
        mark="[GIN] ",
        pattern=r"\[GIN\] (?P<at>[0-9]{4}/[0-9]{2}/[0-9]{2} - [0-9:]{8}) \| *(?P<status>[0-9]{3}) "
        rf'*\| *{_GO} *\| *(?P<client>\S+) *\| *{_METHOD} +"?(?P<path>.*?)"?$',
        layout=((" - ", " "),),
    ),
    LineKind(
        name="chi",
        mark=" from ",
        pattern=rf'{BEFORE}"{_METHOD} (?P<url>\S+) HTTP/[0-9.]+" from (?P<client>\S+) - '
        rf"(?P<status>[0-9]{{3}}) (?P<bytes>[0-9]+)B in {_GO}$",
    ),
    LineKind(
        name="Fiber",
        mark=" | ",
        pattern=rf"{BEFORE}[0-9:]{{8}} \| *(?P<status>[0-9]{{3}}) *\| *{_GO} *\| *(?P<client>\S+) "
        rf"*\| *{_METHOD} *\| *(?P<path>\S+)(?: *\| *(?P<error>.*?))? *$",
    ),
    LineKind(
        name="Tornado",
        mark="ms",
        pattern=rf"{BEFORE}(?P<status>[0-9]{{3}}) {_METHOD} {_PATH} \((?P<client>[^)\s]*)\) "
        r"(?P<ms>[0-9]+\.[0-9]{2})ms$",
        layout=((r"\b([0-9]{2})([0-9]{2})([0-9]{2} [0-9]{2}:)", r"20\1-\2-\3"),),
    ),
    LineKind(
        name="Serilog",
        mark=" responded ",
        pattern=rf"{BEFORE}HTTP {_METHOD} {_PATH} responded (?P<status>[0-9]{{3}}) in "
        r"(?P<ms>[0-9]+(?:\.[0-9]+)?) ms\b",
    ),
    LineKind(
        name="ASP.NET Core",
        mark="Request finished HTTP/",
        pattern=rf"{BEFORE}Request finished HTTP/[0-9.]+ {_METHOD} (?P<url>\S+) (?:.*? )?"
        r"(?P<status>[0-9]{3}) \S+ (?:.*? )?(?P<ms>[0-9]+(?:\.[0-9]+)?)ms\b",
    ),
    LineKind(
        name="Ktor",
        mark=": ",
        pattern=rf"{BEFORE}\b{PHRASE}: {_METHOD} - (?P<path>/\S*) in (?P<ms>[0-9]+)ms$",
    ),
    LineKind(
        name="httpx",
        mark="HTTP Request: ",
        pattern=rf'{BEFORE}HTTP Request: {_METHOD} (?P<url>\S+) "HTTP/[0-9.]+ {PHRASE}"$',
        sent=True,
    ),
    LineKind(
        name="urllib3",
        mark="://",
        pattern=rf'{BEFORE}(?P<peer>https?://[^\s"]+?) "{_METHOD} (?P<path>\S+) HTTP/[0-9.]+" '
        r"(?P<status>[0-9]{3}) (?:(?P<bytes>[0-9]+)|None)$",
        sent=True,
    ),
)
