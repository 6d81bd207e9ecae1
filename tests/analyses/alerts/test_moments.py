from __future__ import annotations

from perfkit.analyses.alerts import moments

AT = 1_789_948_800 * moments.SECOND  # 2026-09-21 00:00:00 UTC


def test_times_are_told_in_the_zone_of_the_recording():
    later = AT + 90 * moments.SECOND
    assert moments.said(AT, later, "UTC") == "2026-09-21 00:00:00 to 00:01:30"
    assert moments.said(AT, later, "Europe/Berlin") == "2026-09-21 02:00:00 to 02:01:30"
    assert moments.said(AT - moments.SECOND, AT, "UTC").endswith("to 2026-09-21 00:00:00")


def test_the_window_pastes_and_joins():
    later = AT + 90 * moments.SECOND
    assert (
        moments.between(AT, later, "UTC")
        == 'rec.between("2026-09-21 00:00:00", "2026-09-21 00:01:30")'
    )
    assert moments.key(AT, later) == "2026-09-21T00:00:00.000+00:00/2026-09-21T00:01:30.000+00:00"
