"""One run of wrk or wrk2, read line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfkit.formats.load_tests.summary_rows import SummaryRow, integer, number

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BEGIN", "Run"]

BEGIN = re.compile(r"[ \t]*Running ([0-9.]+[a-z]{1,2}) test @ (\S+)")
_DURATION = r"([0-9.]+)(us|ms|s|m|h)"
_N = "([0-9]{1,15})"
_LINES = {
    "threads": re.compile(r"\s*[0-9]+ threads and ([0-9]+) connections"),
    "calibration": re.compile(r"\s*Thread calibration: "),
    "latency": re.compile(rf"\s*Latency\s+{_DURATION}\s+{_DURATION}\s+{_DURATION}\s+\S+\s*$"),
    "distribution": re.compile(r"\s*Latency Distribution(?: \(HdrHistogram - (\w+) Latency)?"),
    "percentile": re.compile(rf"\s*([0-9]+(?:\.[0-9]+)?)%\s+{_DURATION}\s*$"),
    "spectrum": re.compile(r"\s*([0-9.]+)\s+([01]\.[0-9]{6,})\s+[0-9]+(?:\s+(?:[0-9.]+|inf))?\s*$"),
    "mean": re.compile(r"\s*#\[Mean\s*=\s*([0-9.]+)"),
    "max": re.compile(r"\s*#\[Max\s*=\s*([0-9.]+)"),
    "requests": re.compile(rf"\s*([0-9]+) requests in {_DURATION}, "),
    "sockets": re.compile(rf"\s*Socket errors: connect {_N}, read {_N}, write {_N}, timeout {_N}"),
    "status": re.compile(rf"\s*Non-2xx or 3xx responses: {_N}"),
    "rate": re.compile(r"\s*Requests/sec:\s*([0-9.]+)"),
    "transfer": re.compile(r"\s*Transfer/sec:"),
}
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
_UNCORRECTED = "Uncorrected"


@dataclass
class _Block:
    """Percentiles, mean and maximum in ms: of wrk's few lines, or of one HdrHistogram."""

    line: int = 0
    rounded: dict[float, float] = field(default_factory=dict)
    exact: dict[float, float] = field(default_factory=dict)
    mean_ms: float | None = None
    max_ms: float | None = None

    def percentile(self, percent: int) -> float | None:
        """Return it as stated: from the spectrum, which has more digits, or from the summary."""
        return self.exact.get(percent / 100, self.rounded.get(percent))


class Run:
    """Takes the lines of a run; ``ended`` when it told its requests, ``over`` behind the last."""

    def __init__(self, line: int, elapsed: str, url: str) -> None:
        """Begin with what the first line says: how long it will run, and against what."""
        self.line, self.lines = line, list[str]()
        self.ended = self.over = False
        self._url, self._planned_ms = url, _planned(elapsed)
        self._hdr = False
        self._summary, self._main, self._uncorrected = _Block(), _Block(), _Block()
        self._block = self._main
        self._numbers: dict[str, float | None] = {}
        self._failures = 0

    def take(self, number_of_line: int, line: str) -> None:
        """Take one line; what it does not know is part of the run and tells nothing."""
        self.lines.append(line)
        for name, pattern in _LINES.items():
            if found := pattern.match(line):
                getattr(self, f"_{name}")(number_of_line, found)
                return

    def _threads(self, _: int, found: re.Match[str]) -> None:
        self._numbers["concurrency"] = number(found[1])

    def _calibration(self, _: int, __: re.Match[str]) -> None:
        self._hdr = True

    def _latency(self, _: int, found: re.Match[str]) -> None:
        self._summary.mean_ms = _ms(found[1], found[2])
        self._summary.max_ms = _ms(found[5], found[6])

    def _distribution(self, line: int, found: re.Match[str]) -> None:
        self._hdr |= found[1] is not None
        self._block = self._uncorrected if found[1] == _UNCORRECTED else self._main
        self._block.line = line

    def _percentile(self, _: int, found: re.Match[str]) -> None:
        if (ms := _ms(found[2], found[3])) is not None:
            self._block.rounded[float(found[1])] = ms

    def _spectrum(self, _: int, found: re.Match[str]) -> None:
        if (ms := number(found[1])) is not None:
            self._block.exact.setdefault(float(found[2]), ms)

    def _mean(self, _: int, found: re.Match[str]) -> None:
        self._block.mean_ms = number(found[1])

    def _max(self, _: int, found: re.Match[str]) -> None:
        self._block.max_ms = number(found[1])

    def _requests(self, _: int, found: re.Match[str]) -> None:
        self.ended = True
        self._numbers["requests"] = number(found[1])
        self._numbers["elapsed_ms"] = _ms(found[2], found[3])

    def _sockets(self, _: int, found: re.Match[str]) -> None:
        self._failures += sum(map(int, found.groups()))

    def _status(self, _: int, found: re.Match[str]) -> None:
        self._failures += int(found[1])

    def _rate(self, _: int, found: re.Match[str]) -> None:
        self._numbers["rate_per_s"] = number(found[1])

    def _transfer(self, _: int, __: re.Match[str]) -> None:
        self.over = self.ended

    def rows(self) -> Iterator[SummaryRow]:
        """Yield the run, and what it measured without correction when wrk2 was asked for it."""
        mean, most = self._summary.mean_ms, self._summary.max_ms
        main = self._row(self._main, mean if self._main.mean_ms is None else self._main.mean_ms)
        yield replace(main, max_ms=main.max_ms if main.max_ms is not None else self._known(most))
        if self._uncorrected.line:
            row = self._row(self._uncorrected, self._uncorrected.mean_ms)
            yield replace(row, line=self._uncorrected.line, corrected=False)

    def _row(self, block: _Block, mean_ms: float | None) -> SummaryRow:
        elapsed = self._numbers.get("elapsed_ms")
        return SummaryRow(
            line=self.line,
            tool="wrk2" if self._hdr else "wrk",
            name=self._url,
            requests=integer(self._numbers.get("requests")),
            failures=self._failures,
            rate_per_s=self._numbers.get("rate_per_s"),
            mean_ms=self._known(mean_ms),
            max_ms=self._known(block.max_ms),
            corrected=True if self._hdr else None,
            elapsed_ms=self._planned_ms if elapsed is None else elapsed,
            concurrency=integer(self._numbers.get("concurrency")),
            attributes="\n".join(self.lines).encode(),
            p50_ms=self._known(block.percentile(50)),
            p90_ms=self._known(block.percentile(90)),
            p95_ms=self._known(block.percentile(95)),
            p99_ms=self._known(block.percentile(99)),
        )

    def _known(self, ms: float | None) -> float | None:
        """Return a latency; where nothing was measured wrk prints 0.00us."""
        return ms or None


def _planned(text: str) -> float | None:
    found = re.fullmatch(_DURATION, text)
    return _ms(found[1], found[2]) if found else None


def _ms(value: str, unit: str) -> float | None:
    found = number(value)
    return None if found is None else round(found * _MS[unit], 6)
