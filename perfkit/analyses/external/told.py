"""What attributes tell of sizes, rows, connections and starts; only spans that do are decoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import span_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["COLD", "RESENT", "RETRY_AFTER", "REUSED", "ROWS", "SIZE", "Told"]

#: Of the body of an answer. Sources: OpenTelemetry's http registry (with its deprecated names),
#: Sentry's span data, Elastic's and Datadog's headers.
SIZE = (
    "http.response.body.size",
    "http.response_content_length",
    "http.response_content_length_uncompressed",
    "http.response.header.content-length",
    "http.response.headers.content-length",
    "http.response.size",
    "http.response.transfer_size",
    "http.response_transfer_size",
    "http.response.decoded_body_size",
    "response.transfer_size",
    "response_size",
)
ROWS = (
    "db.response.returned_rows",
    "db.row_count",
    "db.rowcount",
    "sql.rows",
    "mongodb.rows",
    "cassandra.row_count",
    "jdbc.row-count",
)
#: Go's otelhttptrace, on the span http.getconn.
REUSED = ("http.conn.reused", "http.connection.reused")
RESENT = ("http.request.resend_count", "http.resend_count", "http.retry_count")
RETRY_AFTER = ("http.response.header.retry-after", "http.response.headers.retry-after")
#: OpenTelemetry's faas registry; Elastic; Datadog's Lambda extension.
COLD = ("faas.coldstart", "faas.cold_start", "cold_start", "function.cold_start")

_VALUE = r'[^0-9]{1,60}(?:64"[^0-9]{1,40})?'  # what stands between a name and its number
#: What the bytes of spans look like that have one of the names, with a value that matters:
#: answers of 300,000 bytes, 100 rows, a retry.
_PATTERNS = {
    SIZE: (
        "(?:body[._]size|content[-_]length|length_uncompressed|response[._]size|transfer[_.]size)"
        rf"{_VALUE}(?:[3-9][0-9]{{5}}|[1-9][0-9]{{6}})"
    ),
    ROWS: rf"(?:returned_rows|row[-_]?count|sql\.rows|mongodb\.rows){_VALUE}[1-9][0-9]{{2}}",
    REUSED: r"conn(?:ection)?\.reused",
    RESENT: rf"(?:resend|retry)_count{_VALUE}[1-9]",
    RETRY_AFTER: r"[Rr]etry-[Aa]fter",
    COLD: r"cold_?start",
}
_PREFIX = re.compile(r"(?:meta|metrics|data|context|span|attributes|tags|labels)\.")


class Told:
    """Attributes of spans that say something of interest, by name without what exports add."""

    def __init__(self, forest: Forest) -> None:
        """Keep the spans; what is asked for is searched in the bytes, then decoded."""
        self.forest = forest

    def of(self, rows: Ints) -> list[dict[str, Any]]:
        """Return the attributes of some spans, whatever they say."""
        memo: dict[int, dict[str, Any]] = {}
        found = []
        for one in span_attributes.attributes(self.forest.rows, rows.tolist()):
            if id(one) not in memo:
                memo[id(one)] = {_PREFIX.sub("", name.lower(), 1): v for name, v in one.items()}
            found.append(memo[id(one)])
        return found

    def values(self, names: tuple[str, ...], among: Flags | None = None) -> dict[int, Any]:
        """Return the value of the first of ``names`` (a constant above) by row that has one.

        ``among``: flags by row; others are not looked at.
        """
        matched = _flags(pc.match_substring_regex(self.forest.rows["attributes"], _PATTERNS[names]))
        rows = np.flatnonzero(matched if among is None else matched & among)
        values = (first(known, names) for known in self.of(rows))
        pairs = zip(rows.tolist(), values, strict=True)
        return {row: value for row, value in pairs if value is not None}

    def numbers(
        self, names: tuple[str, ...], among: Flags | None = None
    ) -> tuple[Ints, np.ndarray[Any, np.dtype[np.float64]]]:
        """Return the rows with a number under one of ``names``, upwards, and the numbers."""
        found = [(row, number(value)) for row, value in self.values(names, among).items()]
        known = [(row, value) for row, value in found if value is not None]
        return (
            np.array([row for row, _ in known], np.int64),
            np.array([value for _, value in known], np.float64),
        )


def first(known: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the value of the first of ``names`` that is there."""
    return next((known[name] for name in names if known.get(name) is not None), None)


def number(value: Any) -> float | None:
    """Return a number, also of a text or of a header's list of texts; None: it is none."""
    if isinstance(value, list) and value:
        value = value[0]
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if np.isfinite(found) and found >= 0 else None


def yes(value: Any) -> bool:
    """Say whether a flag is set, as a boolean, number or text."""
    return str(value).lower() in {"true", "1", "1.0"}


def _flags(values: pa.ChunkedArray) -> Flags:
    found: Flags = pc.fill_null(values, fill_value=False).to_numpy()
    return found
