"""What application servers, Lambda and deployments write beside requests: events.

gunicorn's (``arbiter.py``, ``workers/base.py``) and uvicorn's (``server.py``, ``supervisors``)
lines were written by them; those of uWSGI (``core/master_utils.c``), Puma, Unicorn, Lambda, Heroku
and Capistrano (``revisions.log``) are as their sources and documentation say.
"""

from __future__ import annotations

from perfkit.formats.requests.apps.line_kinds import BEFORE, LineKind

__all__ = ["EVENT_LINES"]

_KILLS = "KILL|SEGV|ABRT|BUS|ILL|FPE"
_PID = r"(?P<process>[0-9]+)"
_MS = r"(?P<ms>[0-9]+(?:\.[0-9]+)?) ms"
_LAMBDA_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _event(event: str, mark: str, pattern: str) -> LineKind:
    return LineKind(name=event, mark=mark, pattern=pattern, event=event)


EVENT_LINES = (
    _event("worker_timeout", "WORKER TIMEOUT", rf"{BEFORE}WORKER TIMEOUT \(pid: ?{_PID}\)$"),
    _event("worker_start", "Booting worker", rf"{BEFORE}Booting worker with pid: {_PID}$"),
    _event("worker_exit", "Worker exiting", rf"{BEFORE}Worker exiting \(pid: {_PID}\)$"),
    _event(
        "worker_killed",
        "was sent SIG",
        rf"{BEFORE}Worker \(pid: ?{_PID}\) was sent SIG(?:{_KILLS})!",
    ),
    _event(
        "worker_killed",
        "terminated due to signal",
        rf"{BEFORE}Worker with pid {_PID} was terminated due to signal (?:4|6|7|8|9|11)$",
    ),
    _event("server_start", "Starting gunicorn", rf"{BEFORE}Starting gunicorn [0-9]"),
    _event("server_stop", "Shutting down: Master", rf"{BEFORE}Shutting down: Master$"),
    _event("worker_start", "Started server", rf"{BEFORE}Started server process \[{_PID}\]$"),
    _event("worker_exit", "Finished server", rf"{BEFORE}Finished server process \[{_PID}\]$"),
    _event("worker_killed", "Child process", rf"{BEFORE}Child process \[{_PID}\] died$"),
    _event(
        "worker_timeout",
        "HARAKIRI ON",
        rf"{BEFORE}\*\*\* HARAKIRI ON WORKER [0-9]+ \(pid: {_PID}\b",
    ),
    _event("worker_killed", "DAMN ! worker", rf"{BEFORE}DAMN ! worker [0-9]+ \(pid: {_PID}\) died"),
    _event(
        "worker_start",
        "pawned uWSGI worker",
        rf"{BEFORE}(?:s|Res)pawned uWSGI worker [0-9]+ (?:\(and the only\) )?"
        rf"\((?:new )?pid: {_PID}\b",
    ),
    _event(
        "worker_start", "booted", rf"{BEFORE}\[[0-9]+\] - Worker [0-9]+ \(PID: {_PID}\) booted\b"
    ),
    _event(
        "worker_timeout",
        "timed out worker",
        rf"{BEFORE}! Terminating timed out worker\b.*?:? ?{_PID}$",
    ),
    _event(
        "worker_timeout",
        "PID:",
        rf"{BEFORE}worker=[0-9]+ PID:{_PID} timeout \((?P<seconds>[0-9]+)s > [0-9]+s\), killing$",
    ),
    _event(
        "worker_killed",
        "reaped #<",
        rf"{BEFORE}reaped #<Process::Status: pid {_PID} SIG(?:{_KILLS}) ",
    ),
    _event("invocation", "REPORT RequestId: ", rf"^REPORT RequestId: \S+\s+Duration: {_MS}\b"),
    _event(
        "timeout",
        "Task timed out after ",
        rf"{BEFORE}\b{_LAMBDA_ID} Task timed out after (?P<seconds>[0-9]+(?:\.[0-9]+)?) seconds",
    ),
    _event("cold_start", "INIT_REPORT ", rf"^INIT_REPORT Init Duration: {_MS}\b"),
    _event("deploy", "Deploy ", r"^(?P<before>(?:\S+ app\[api\]: )?)Deploy [0-9a-f]{7,40} by \S+$"),
    _event(
        "deploy",
        "Release v",
        r"^(?P<before>(?:\S+ app\[api\]: )?)Release v[0-9]+ created by (?:user )?\S+$",
    ),
    LineKind(
        name="deploy",
        mark=" deployed as release ",
        pattern=r"^Branch \S+ \(at [0-9a-f]{7,40}\) deployed as release (?P<at>[0-9]{14}) by \S+$",
        event="deploy",
        layout=((r"^(....)(..)(..)(..)(..)(..)$", r"\1-\2-\3 \4:\5:\6 UTC"),),
    ),
    LineKind(
        name="blocked_loop",
        mark="Executing <",
        pattern=rf"{BEFORE}(?P<message>\bExecuting <(?:Task|Handle|TimerHandle|_?\w+)\b.* took "
        r"(?P<seconds>[0-9]+\.[0-9]{3}) seconds)$",
        event="blocked_loop",
        unmistakable=False,
    ),
)
