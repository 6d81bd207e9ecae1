"""What the texts of statements show: every column, far pages, no end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit import units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.digests.rules.seen import Seen

__all__ = ["endless", "far_offset", "wide"]

_STAR = re.compile(r'select (?:distinct )?(?:[\w"]+\.)?\*(?: |,)')
#: Below this share of the time, and so many calls, the columns of a statement do not matter.
STAR_SHARE = 0.05
STAR_CALLS = 100
#: Rows that are read and thrown away before the first one of the page: one is counted in
#: microseconds, a thousand in milliseconds (see use-the-index-luke.com/no-offset).
OFFSET = 1000
_OFFSET = re.compile(
    r"\boffset\s+(?P<plain>\d{1,12})|\boffset\s+\$(?P<place>\d{1,4})"
    r"|\blimit\s+(?P<mysql>\d{1,12})\s*,",
    re.IGNORECASE,
)
#: Proxies and browsers give up after 30 to 60 seconds (gunicorn 30, heroku 30, nginx 60):
#: whoever asked has gone, and the statement still runs.
ENDLESS_MS = 30_000.0
_MAINTENANCE = re.compile(
    r"(vacuum|analyze|create|alter|reindex|cluster|copy|refresh|drop|truncate|cluster|call"
    r"|pg_|select pg_|fetch|wait|optimize|check|load|lock)"
)
_LONGEST = 3000


def wide(seen: Seen) -> Iterator[Finding]:
    """Find statements that ask for every column and take much of the time."""
    for row in seen.rows:
        heavy = row["share"] >= STAR_SHARE and row["calls"] >= STAR_CALLS
        if heavy and _STAR.match(row["fingerprint"]) and row["rows_returned_per_call"] != 0:
            yield Finding(
                rule="select-star",
                severity="info",
                title=f"{shown(row['fingerprint'])} asks for every column,"
                f" {units.format_count(row['calls'])} times"
                f" ({units.format_share(row['share'])} of the time)",
                evidence=[_numbers(row)],
                fix=Fix(
                    text="Name the columns that are used: wide ones (text, json) are stored"
                    " apart and read for each row, and an index cannot answer alone.",
                    snippet="select id, name, ... from ...",
                    language="sql",
                ),
                confidence="low",
                reference="https://www.postgresql.org/docs/current/storage-toast.html",
                keys=_keys(row),
            )


def far_offset(seen: Seen) -> Iterator[Finding]:
    """Find statements that skip many rows: their slowest executions show the OFFSET."""
    for row in seen.rows:
        found = [_offset(example) for example in seen.examples.get(row["fingerprint_id"], [])]
        most = max(found, default=0)
        if most >= OFFSET:
            yield Finding(
                rule="large-offset",
                severity="warning",
                title=f"{shown(row['fingerprint'])} skips up to {most:,} rows to show a page"
                f" (up to {units.format_ms(row['max_ms'])})",
                evidence=[{"offset": most, **_numbers(row)}],
                fix=Fix(
                    text="Continue behind the last row that was shown (keyset pagination): every"
                    " page then costs as much as the first.",
                    snippet="... where (created_at, id) < (:last_created_at, :last_id)\n"
                    "order by created_at desc, id desc limit 50",
                    language="sql",
                ),
                confidence="high",
                reference="https://use-the-index-luke.com/no-offset",
                keys=_keys(row),
            )


def _offset(example: dict[str, Any]) -> int:
    text = (example["statement"] or "")[-_LONGEST:]
    found = 0
    for match in _OFFSET.finditer(text):
        value = match["plain"] or match["mysql"] or _bound(example, match["place"])
        found = max(found, int(value or 0))
    return found


def _bound(example: dict[str, Any], place: str) -> str | None:
    """Return the value of ``$place``, as PostgreSQL logs parameters: ``$1 = '5'``."""
    text = (example["parameters"] or "")[:_LONGEST]
    found = re.search(rf"\${int(place)} = '(\d{{1,12}})'", text)
    return found[1] if found else None


def endless(seen: Seen) -> Iterator[Finding]:
    """Find statements that ran on and on, in a log where none was ever cancelled."""
    happened = seen.part.happened
    if happened.count("cancelled") or "57014" in happened.rows["sqlstate"].to_pylist():
        return
    long = [
        row
        for row in seen.rows
        if row["max_ms"] >= ENDLESS_MS and not _MAINTENANCE.match(row["fingerprint"])
    ]
    if not long:
        return
    worst = max(long, key=lambda row: float(row["max_ms"]))
    role = _role(worst)
    yield Finding(
        rule="no-statement-timeout",
        severity="warning",
        title=f"{shown(worst['fingerprint'])} ran {units.format_ms(worst['max_ms'])}, and no"
        f" statement was cancelled: nothing limits {len(long)} of them",
        evidence=[{**_numbers(row), "fingerprint": row["fingerprint"]} for row in long[:5]],
        fix=Fix(
            text="Limit what a request may take, per role: reports and maintenance keep roles of"
            " their own.",
            snippet=f"alter role {role} set statement_timeout = '30s';",
            language="sql",
        ),
        confidence="medium",
        reference="https://www.postgresql.org/docs/current/runtime-config-client.html"
        "#GUC-STATEMENT-TIMEOUT",
        keys=_keys(worst),
    )


def _role(row: dict[str, Any]) -> str:
    """Return the role that ran it, quoted; of several the most frequent."""
    first = (row["top_users"] or "").split(", ")[0].rpartition(" ")[0].rpartition(" ")[0]
    return '"' + first.replace('"', '""') + '"' if first else "<role>"


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    names = ("calls", "total_ms", "mean_ms", "max_ms", "share", "rows_returned_per_call")
    return {name: row[name] for name in names if row[name] is not None}


def _keys(row: dict[str, Any]) -> dict[str, str]:
    return {"fingerprint_id": row["fingerprint_id"]}
