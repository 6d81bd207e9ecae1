import pyarrow as pa
import pytest

from perfkit.formats.logs.mysql_lines import find_records
from perfkit.formats.logs.mysql_server import Server
from perfkit.formats.logs.mysql_times import started_at

ENDS = Server(system="mysql", starts=False, short=False)
STARTS = Server(system="mysql", starts=True, short=False)
UNKNOWN = Server(system="mariadb", starts=None, short=False)


def times(time, stamp="", server=ENDS, zone=None, held=""):
    head = "# User@Host: a[a] @ b []\n# Query_time: 1.5  Lock_time: 0.0 Rows_sent: 1\n"
    data = f"{time and '# Time: ' + time}{time and chr(10)}{head}{stamp}select 1;\n".encode()
    found, notes = started_at(find_records(data), server, pa.array([1500.0]), zone, held)
    return str(found[0].as_py() or "")[11:26].rstrip("+"), [note.kind for note in notes]


STAMP = "SET timestamp=1795258812;\n"


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("2026-11-21T11:00:12.250000Z", "11:00:10.750000"),
        ("2026-11-21T12:00:12.250000+01:00", "11:00:10.750000"),
        ("2026-11-21T05:30:12.250000-05:30", "11:00:10.750000"),
    ],
)
def test_an_iso_time_is_the_end_in_its_own_zone(time, wanted):
    assert times(time, STAMP, STARTS, zone="Asia/Tokyo") == (wanted, [])


def test_a_stamp_is_the_end_or_the_start_as_the_server_has_it():
    assert times("261121 99:99:99", STAMP) == ("11:00:10.500000", ["time_resolution"])
    assert times("", STAMP, STARTS) == ("11:00:12+00:00", ["time_resolution"])
    assert times("", STAMP, UNKNOWN) == ("11:00:12+00:00", ["time_resolution", "start_assumed"])
    assert times("2026-02-31T11:00:12.250000Z", STAMP)[0] == "11:00:10.500000"


def test_an_old_time_is_local_and_used_only_without_a_stamp():
    assert times("261121  9:00:12") == ("09:00:10.500000", ["timezone_assumed"])
    assert times("261121  9:00:12", zone="+01:00")[0] == "08:00:10.500000"
    assert times("", held="# Time: 261121  9:00:12")[0] == "09:00:10.500000"


@pytest.mark.parametrize("time", ["", "261199  9:00:12", "yesterday", "2026-02-31T11:00:12Z"])
def test_what_is_no_time_is_unknown(time):
    assert times(time, "SET timestamp=99999999999999;\n") == ("", [])


@pytest.mark.parametrize("seconds", [9_223_372_036, 9_999_999_999])
def test_a_stamp_after_2262_is_unknown(seconds):
    assert times("", f"SET timestamp={seconds};\n") == ("", [])
    assert times("261121  9:00:12", f"SET timestamp={seconds};\n")[0] == "09:00:10.500000"


def test_a_stamp_in_2262_is_read():
    assert times("", "SET timestamp=9223372035;\n")[0] == "23:47:13.500000"
