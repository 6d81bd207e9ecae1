"""What every analysis returns: a :class:`Result` with ranked :class:`Finding` objects.

A Result holds data only. How it looks lives in ``perfkit.views``, which is imported by
name at the first display, because layers below the views may not import them.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from perfkit import tables
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

__all__ = ["Finding", "Fix", "Result"]

Severity = Literal["critical", "warning", "info"]
Level = Literal["high", "medium", "low"]
_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, kw_only=True)
class Fix:
    """What exactly to change: a sentence, a snippet to paste, and how to try it before.

    ``test`` is a statement that shows whether the finding holds, without changing anything.
    """

    text: str
    snippet: str = ""
    language: str = ""  # of the snippet: "sql", "python", ...
    test: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is slow: what, the evidence, what a fix saves, what to change.

    ``saves_ms`` is per ``saves_basis`` ("per request"), which occurred ``saves_times``
    times in the recording; their product ranks findings. ``None``: not known.
    ``keys`` join a symptom in one file to its cause in another: ``route``,
    ``fingerprint_id``, ``peer``, ``pool``, ``table``, ``trace_id``, ``window``.
    """

    rule: str
    severity: Severity
    title: str
    fix: Fix
    evidence: Sequence[Mapping[str, Any]] = ()
    saves_ms: float | None = None
    saves_basis: str = ""
    saves_times: float = 1.0
    effort: Level = "medium"
    confidence: Level = "medium"
    reference: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def saves_total_ms(self) -> float:
        """Time the fix would have saved in the whole recording; 0 when unknown."""
        if self.saves_ms is None or math.isnan(self.saves_ms):
            return 0.0
        return self.saves_ms * self.saves_times

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready values (NaN becomes null)."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "title": self.title,
            "evidence": [_plain(dict(row)) for row in self.evidence],
            "saves_ms": _plain(self.saves_ms),
            "saves_basis": self.saves_basis,
            "saves_total_ms": _plain(self.saves_total_ms),
            "fix": {
                "text": self.fix.text,
                "snippet": self.fix.snippet,
                "language": self.fix.language,
                **({"test": self.fix.test} if self.fix.test else {}),
            },
            "effort": self.effort,
            "confidence": self.confidence,
            "reference": self.reference,
            "keys": dict(self.keys),
        }


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort findings by time saved; among equals the more severe first."""
    return tuple(
        sorted(findings, key=lambda f: (-f.saves_total_ms, _SEVERITIES.index(f.severity), f.title))
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """The answer to one question, in numbers first.

    Attributes:
        analysis: name of the analysis; its picture is ``perfkit.views.<analysis>``.
        question: what was asked, as a sentence.
        headline: the conclusion, as a sentence; the title of the figure.
        arrow: the table, one row per ``noun``.
        noun: plural noun of the rows ("statements"); their key in JSON.
        findings: ranked, worst first.
        caveats: what limits the conclusions.
        checked: what was looked at, said when nothing was found.
        totals: numbers over the whole input.
        series: further Arrow tables that the figure needs.
        sections: small Arrow tables to show beneath the table, by their title.
        closing: a paragraph to paste, when the analysis ends with one.
    """

    analysis: str
    question: str
    headline: str
    arrow: pa.Table
    noun: str
    findings: Sequence[Finding] = ()
    caveats: Sequence[str] = ()
    checked: Sequence[str] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, pa.Table] = field(default_factory=dict)
    sections: Mapping[str, pa.Table] = field(default_factory=dict)
    closing: str = ""

    def __post_init__(self) -> None:
        """Rank the findings."""
        object.__setattr__(self, "findings", ranked(self.findings))
        object.__setattr__(self, "caveats", tuple(dict.fromkeys(self.caveats)))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table as a DataFrame."""
        return tables.to_pandas(self.arrow)

    @cached_property
    def figure(self) -> go.Figure:
        """The plotly figure, built at first use."""
        if find_spec(f"perfkit.views.{self.analysis}") is None:
            raise UsageError(
                f"{self.analysis!r} has no picture", hint="look at .table and .findings"
            )
        figure: go.Figure = _view(self.analysis).figure(self)
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready values: schema, totals, findings, rows."""
        return {
            "schema": f"perfkit.{self.analysis}/1",
            "question": self.question,
            "headline": self.headline,
            "totals": _plain(dict(self.totals)),
            "findings": [finding.to_dict() for finding in self.findings],
            "caveats": list(self.caveats),
            "checked": list(self.checked),
            "closing": self.closing,
            self.noun: _rows(self.arrow),
            **({"sections": self._sections()} if self.sections else {}),
        }

    def _sections(self) -> dict[str, list[dict[str, Any]]]:
        return {title: _rows(table) for title, table in self.sections.items()}

    def to_text(self) -> str:
        """Return the result as plain text, safe for a terminal."""
        return str(_view("text").render(self))

    def to_html(self) -> str:
        """Return the result as a script-free HTML fragment."""
        return str(_view("html").render(self))

    def __repr__(self) -> str:
        """Show the result as text."""
        return self.to_text()

    def _ipython_display_(self) -> None:
        """Show findings and table, then the figure: two outputs."""
        _view("notebook").show(self)


def _view(name: str) -> Any:
    """Import a view by name: the one place where this layer reaches upwards."""
    return importlib.import_module(f"perfkit.views.{name}")


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return rows as JSON-ready values; times to the microsecond, which needs no pandas."""
    micros = [
        pa.field(f.name, pa.timestamp("us", f.type.tz)) if pa.types.is_timestamp(f.type) else f
        for f in table.schema
    ]
    return [_plain(row) for row in table.cast(pa.schema(micros), safe=False).to_pylist()]


def _plain(value: Any) -> Any:
    """Make one value JSON-ready: unknown to null, times to ISO text, bytes to text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if _is_unknown(value):
        return None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return _plain(value.item()) if hasattr(value, "item") else value


def _is_unknown(value: Any) -> bool:
    """Say whether JSON can only show null: None, NaN, infinity, and what pandas has for them."""
    return (
        value is None
        or (isinstance(value, float) and not math.isfinite(value))
        or type(value).__name__ in {"NAType", "NaTType"}
    )
