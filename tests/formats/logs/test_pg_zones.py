import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.pg_zones import ASSUMED, is_stated, offset_minutes, zone_notes


@given(st.sampled_from("+-"), st.integers(0, 14), st.sampled_from([0, 15, 30, 45]))
def test_offsets_are_read_in_every_spelling(sign, hours, minutes):
    expected = (hours * 60 + minutes) * (-1 if sign == "-" else 1)
    for text in (f"{sign}{hours:02}:{minutes:02}", f"{sign}{hours:02}{minutes:02}"):
        assert offset_minutes(text) == expected
        assert is_stated(text)
    if not minutes:
        assert offset_minutes(f"{sign}{hours:02}") == expected


@pytest.mark.parametrize("zone", ["UTC", "GMT", "Z", "UCT"])
def test_universal_time_is_stated(zone):
    assert (offset_minutes(zone), is_stated(zone)) == (0, True)


def test_a_time_without_a_zone_is_read_as_utc_and_nobody_stated_it():
    assert (offset_minutes(""), is_stated("")) == (0, False)


@pytest.mark.parametrize("zone", ["XYZ", "utc", "+2", "+2:00", "UTC+1", "\x1b[2J"])
def test_what_nobody_can_know_is_unknown(zone):
    assert offset_minutes(zone) is None
    assert not is_stated(zone)


@pytest.mark.parametrize("zone", sorted(ASSUMED))
def test_abbreviations_are_assumed_within_the_range_of_real_zones(zone):
    assert -600 <= offset_minutes(zone) <= 780
    assert not is_stated(zone)


def test_summer_times_are_an_hour_later_than_their_winter_times():
    pairs = [("WET", "WEST"), ("CET", "CEST"), ("EET", "EEST"), ("EST", "EDT"), ("PST", "PDT")]
    assert {ASSUMED[late] - ASSUMED[early] for early, late in pairs} == {60}


@pytest.mark.parametrize(
    ("zones", "given_zone", "said"),
    [
        (["CEST"], None, 'times marked CEST are read as UTC+02:00: pass tz="..." if that is wrong'),
        (["IST"], None, 'times marked IST are read as UTC+05:30: pass tz="..." if that is wrong'),
        (["ART"], None, 'times marked ART are read as UTC-03:00: pass tz="..." if that is wrong'),
        (["CET"], "Asia/Tokyo", "times marked CET are read in the time zone Asia/Tokyo, as asked"),
        ([""], None, "times without a zone are read as UTC, which is a guess: pass tz="),
        (["XYZ"], None, "times marked XYZ are read as UTC, which is a guess: pass tz="),
    ],
)
def test_an_assumption_is_said(zones, given_zone, said):
    (note,) = zone_notes(zones, given_zone)
    assert note.kind == "timezone_assumed"
    assert note.message.startswith(said)


def test_stated_zones_need_no_word_and_others_come_in_order():
    assert zone_notes(["UTC", "+02:00"], "Asia/Tokyo") == []
    assert [n.message.split()[2] for n in zone_notes({"MSK", "CET", "Z"}, None)] == ["CET", "MSK"]


def test_of_very_many_zones_some_are_named():
    notes = zone_notes([f"X{n:03}" for n in range(500)], None)
    assert len(notes) == 21
    assert "480 other zones" in notes[-1].message
