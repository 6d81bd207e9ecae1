"""What :func:`perfkit.explain` says of its arguments, in the words of options that are typed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["as_typed", "typed"]

_WORDS = (
    (re.compile(r"\banalyze_writes=True\b"), "--analyze-writes"),
    (re.compile(r"\banalyze=True\b"), "--analyze"),
    (re.compile(r"\banalyze=False\b"), "--no-analyze"),
    (re.compile(r"\ballow_functions=\[['\"]([^'\"]+)['\"]\]"), r"--allow-function \1"),
    (re.compile(r"\btimeout_s=(\d+)\b"), r"--timeout \1s"),
    (re.compile(r"\bparams=\{['\"](\w+)['\"]: \.\.\.\}"), r"-p \1=VALUE"),
    (re.compile(r"\bruns=(\d+)\b"), r"--runs \1"),
)


def typed(text: str) -> str:
    """Return ``text`` with options in place of arguments.

    Example:
        >>> typed("Not executed; analyze=True executes it.")
        'Not executed; --analyze executes it.'
    """
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


@contextmanager
def as_typed() -> Iterator[None]:
    """Change the words of errors on their way out."""
    try:
        yield
    except PerfkitError as error:
        error.message, error.hint = typed(error.message), typed(error.hint)
        raise
