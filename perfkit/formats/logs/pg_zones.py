"""Time zones as PostgreSQL writes them behind a time: offsets, UTC, abbreviations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["offset_minutes", "zone_notes"]

_UTC = frozenset({"", "UTC", "GMT", "Z", "UCT"})
#: Abbreviations are not unique; these readings are assumed, and the recording says so.
ASSUMED = {
    "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "SAST": 120, "IST": 330, "SGT": 480, "HKT": 480, "JST": 540, "KST": 540,
    "AWST": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180,
    "ART": -180,
}  # fmt: skip
#: A server uses one zone or two; a damaged log seems to name many.
_SAID = 20
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")


def offset_minutes(zone: str) -> int | None:
    """Return the minutes east of UTC, or None for an abbreviation nobody can know."""
    found = _OFFSET.fullmatch(zone)
    if found:
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return -minutes if found[1] == "-" else minutes
    return 0 if zone in _UTC else ASSUMED.get(zone)


def is_stated(zone: str) -> bool:
    """Say whether the log itself states the offset."""
    return bool(_OFFSET.fullmatch(zone)) or (zone in _UTC and zone != "")


def zone_notes(zones: Iterable[str], given: str | None) -> list[Note]:
    """Return what was assumed about the zones that a log names."""
    vague = sorted(zone for zone in zones if not is_stated(zone))
    said = [_assumption(zone, given) for zone in vague[:_SAID]]
    if len(vague) > _SAID:
        said.append(
            f"times are marked with {len(vague) - _SAID:,} other zones: is the log damaged?"
        )
    return [Note(kind="timezone_assumed", message=message) for message in said]


def _assumption(zone: str, given: str | None) -> str:
    shown = f"times marked {zone}" if zone else "times without a zone"
    if given:
        return f"{shown} are read in the time zone {given}, as asked"
    minutes = offset_minutes(zone)
    if minutes is None or not zone:
        return f'{shown} are read as UTC, which is a guess: pass tz="Europe/Berlin" (or yours)'
    sign = "-" if minutes < 0 else "+"
    read = f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return f'{shown} are read as {read}: pass tz="..." if that is wrong'
