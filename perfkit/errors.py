"""What can go wrong, and how it is said.

PerfkitError
├── InputError           (ValueError)      a file, a line, a table that cannot be used
│   ├── UnknownFormat                      no format, or more than one, recognises the input
│   ├── EmptyInput                         nothing in it to analyse
│   └── BadRecord                          one record is not what its format promises
├── MissingColumn        (KeyError)        an analysis needs a column the table does not have
├── MissingExtra         (ImportError)     an optional dependency is not installed
├── UsageError           (ValueError)      an option, a name or a request makes no sense
├── NotConnected         (ConnectionError) no database, or it cannot be reached
├── TargetRefused        (PermissionError) the instrument will not touch this without being asked
├── QueryFailed          (RuntimeError)    the server refused, cancelled or timed out a statement
└── LabError             (RuntimeError)    the embedded database or the demo shop cannot run

Every message is one sentence, "where: what is wrong"; ``hint`` is one line with
what to type next. In a notebook no traceback is printed, yet the cell fails.
Any other exception is a bug in perfkit and keeps its traceback.
"""

from __future__ import annotations

import traceback

from perfkit.visible import visible

__all__ = [
    "BadRecord",
    "EmptyInput",
    "InputError",
    "LabError",
    "MissingColumn",
    "MissingExtra",
    "NotConnected",
    "PerfkitError",
    "QueryFailed",
    "TargetRefused",
    "UnknownFormat",
    "UsageError",
]


class PerfkitError(Exception):
    """Base of all errors that a user can cause and mend; ``hint`` says how."""

    #: ``%config Perfkit.tracebacks = True`` sets this for the session.
    tracebacks = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` (one sentence) and ``hint`` (what to type next)."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence and, on a second line, the hint; both safe for a terminal."""
        message, hint = visible(self.message), visible(self.hint)
        return f"{message}\nhint: {hint}" if hint else message

    def _render_traceback_(self) -> list[str]:
        """IPython calls this instead of printing a traceback."""
        if PerfkitError.tracebacks:
            return traceback.format_exception(self)
        return [f"{type(self).__name__}: {self}"]


class InputError(PerfkitError, ValueError):
    """A file, a line or a table cannot be used."""


class UnknownFormat(InputError):
    """No format recognises the input, or more than one does."""


class EmptyInput(InputError):
    """The input holds nothing to analyse."""


class BadRecord(InputError):
    """One record is not what its format promises."""


class MissingColumn(PerfkitError, KeyError):
    """An analysis needs a column that the table does not have."""

    __str__ = PerfkitError.__str__


class MissingExtra(PerfkitError, ImportError):
    """An optional dependency is not installed."""

    @classmethod
    def for_package(cls, package: str, extra: str, purpose: str) -> MissingExtra:
        """Build the error that names the pip line to type."""
        return cls(
            f"{purpose} needs the package {package!r}, which is not installed",
            hint=f"pip install 'perfkit[{extra}]'",
        )


class UsageError(PerfkitError, ValueError):
    """An option, a name or a request makes no sense."""


class NotConnected(PerfkitError, ConnectionError):
    """No database, or it cannot be reached."""


class TargetRefused(PerfkitError, PermissionError):
    """The instrument will not touch this target without being asked explicitly."""


class QueryFailed(PerfkitError, RuntimeError):
    """The server refused, cancelled or timed out a statement."""


class LabError(PerfkitError, RuntimeError):
    """The embedded database or the demo shop cannot run."""
