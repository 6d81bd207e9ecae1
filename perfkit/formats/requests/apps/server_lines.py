"""Requests as application servers and the development servers of frameworks write them.

Lines of uvicorn 0.54, gunicorn 27, hypercorn 0.18, daphne 4.2, Werkzeug 3.1 and Django 5.2 were
written by these programs; those of uWSGI (``core/logging.c``), aiohttp (``web_log.py``), actix-web
(``middleware/logger.rs``) and PHP's built-in server are as their sources say.
"""

from __future__ import annotations

from perfkit.formats.requests.apps.line_kinds import (
    BEFORE,
    CLF_TIME,
    CTIME,
    DAY_TIME,
    PHRASE,
    LineKind,
)

__all__ = ["SERVER_LINES"]

_PORTED = r"(?P<client>\[?[0-9A-Za-z_.:%-]+\]?):[0-9]{1,5}"
_REQUEST = r'"(?P<method>[A-Z]{3,20}) (?P<path>[^ ]*(?: .*)?) HTTP/[0-9.]+"'
_BYTES = r"(?P<bytes>[0-9]+|-)"
#: ``Sat Nov 21 10:00:00 2026`` -> ``21/Nov/2026 10:00:00``
_CTIME_LAYOUT = (
    (r" ([0-9]) ", r" 0\1 "),
    (r"^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{2}) ([0-9:]{8}) ([0-9]{4})$", r"\2/\1/\4 \3"),
)

SERVER_LINES = (
    LineKind(
        name="uvicorn",
        mark=' - "',
        pattern=rf"{BEFORE}(?:{_PORTED}|) - {_REQUEST} {PHRASE}$",
    ),
    LineKind(
        name="hypercorn",
        mark=" - - [",
        pattern=rf'{BEFORE}{_PORTED} - - \[(?P<at>{CLF_TIME})\] "(?P<method>[A-Z]+) (?P<path>.*?) '
        rf'[0-9.]+" (?P<status>[0-9]{{3}}) {_BYTES} ".*" ".*"$',
    ),
    LineKind(
        name="daphne",
        mark=" - - [",
        pattern=rf'^{_PORTED} - - \[(?P<at>{CLF_TIME})\] "(?P<method>[A-Z]{{3,7}}) (?P<path>.*)" '
        rf"(?P<status>[0-9]{{3}}) {_BYTES}$",
    ),
    LineKind(
        name="Werkzeug or Django",
        mark='] "',
        pattern=rf"{BEFORE}(?:(?P<client>\S+) - - )?\[(?P<at>{DAY_TIME})\] "
        rf'"(?P<request>.*)" (?P<status>[0-9]{{3}}) {_BYTES}$',
        escaped=True,
    ),
    LineKind(
        name="Django",
        mark=" HTTP/",
        pattern=rf'^(?P<before>[^"{{]*(?:basehttp|django\.server)[^"{{]*?){_REQUEST} '
        rf"(?P<status>[0-9]{{3}}) {_BYTES}$",
    ),
    LineKind(
        name="Django with Channels",
        mark="HTTP ",
        pattern=rf"{BEFORE}HTTP (?P<method>[A-Z]{{3,7}}) (?P<path>\S+) (?P<status>[0-9]{{3}}) "
        r"\[(?P<seconds>[0-9]+\.[0-9]+), (?P<client>\S+)\]$",
    ),
    LineKind(
        name="uWSGI",
        mark=" => generated ",
        pattern=r"\[pid: (?P<process>[0-9]+)[^\]]*\] (?P<client>\S*) (?:\([^)]*\) )?\{[^}]*\} "
        rf"\[(?P<at>{CTIME})\] (?P<method>[A-Z]+) (?P<path>.*) => generated {_BYTES} bytes in "
        r"(?P<duration>[0-9]+ (?:msecs|micros))(?: via [^ ]+)? \(\S+ (?P<status>[0-9]{3})\)",
        layout=_CTIME_LAYOUT,
        begun=True,
    ),
    LineKind(
        name="gunicorn",
        mark='] "',
        pattern=rf"{BEFORE}(?P<client>\S*) (?:-|\S+) (?:-|\S+) \[(?P<at>{CLF_TIME})\] "
        rf'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{{3}}) {_BYTES} ".*" ".*"$',
        unmistakable=False,
        escaped=True,
    ),
    LineKind(
        name="aiohttp",
        mark='] "',
        pattern=rf"{BEFORE}(?P<client>\S+) \[(?P<at>{CLF_TIME})\] "
        rf'"(?P<request>.*?)" (?P<status>[0-9]{{3}}) {_BYTES} ".*?" ".*"$',
    ),
    LineKind(
        name="actix-web",
        mark=" HTTP/",
        pattern=rf"{BEFORE}(?P<client>\S+) {_REQUEST} (?P<status>[0-9]{{3}}) {_BYTES} "
        r'".*?" ".*" (?P<seconds>[0-9]+\.[0-9]{6})$',
    ),
    LineKind(
        name="PHP",
        mark="]: ",
        pattern=rf"^\[(?P<at>{CTIME})\] {_PORTED} \[(?P<status>[0-9]{{3}})\]: "
        r"(?P<method>[A-Z]+) (?P<path>.*?)(?: - (?P<error>.*))?$",
        layout=_CTIME_LAYOUT,
    ),
)
