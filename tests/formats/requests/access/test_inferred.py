"""Templates of logs that nobody described."""

import pytest

from perfkit.formats.requests.access.inferred import COMBINED, inferred, sampled

COMMON = '127.0.0.1 - - [10/Oct/2026:13:55:36 +0200] "GET /a?b=1 HTTP/1.1" 200 123'
FULL = f'{COMMON} "-" "Mozilla (X; Y)"'
ID = "0123456789abcdef0123456789abcdef"
USUAL = ["client", "time", "request", "status", "response_bytes"]


def template(*lines):
    return inferred("".join(f"{line}\n" for line in lines).encode())


def roles(*lines):
    return [(field.role, field.unit) for field in template(*lines).fields if field.role]


@pytest.mark.parametrize("line", [COMMON, FULL, f'{FULL} "10.0.0.1"', f"{FULL} gzip"])
def test_the_usual_columns(line):
    assert [role for role, _ in roles(line)] == USUAL


@pytest.mark.parametrize(
    ("tail", "added"),
    [
        ("0.123", [("duration", "s")]),
        ('"-" 0.123 "-"', [("duration", "s")]),
        ("0.123 0.120 .", [("duration", "s"), ("upstream", "s")]),
        ("0.120 0.123", [("upstream", "s"), ("duration", "s")]),
        ('rt=0.123 uct="0.1" uht="0.1" urt="0.120"', [("duration", "s"), ("upstream", "s")]),
        ("request_time=0.123 upstream_response_time=-", [("duration", "s"), ("upstream", "s")]),
        ("duration_ms=12.5", [("duration", "ms")]),
        ("took=12", [("duration", "ms")]),
        ("12345", [("duration", "us")]),
        (
            f"321 0.123 [shop-web-80] [] 10.0.0.1:80, 10.0.0.2:80 12, 0 0.100, 0.020 502, 200 {ID}",
            [("duration", "s"), ("upstream", "s"), ("request_id", "")],
        ),
    ],
)
def test_what_is_behind_them(tail, added):
    assert roles(f"{FULL} {tail}")[5:] == added


def test_what_only_values_told_is_noted():
    notes = template(f"{FULL} 0.123").notes
    assert [note.kind for note in notes] == ["unit_inferred"]
    assert "seconds" in notes[0].message
    assert not template(f"{FULL} rt=0.123").notes


def test_microseconds_are_apaches_whose_time_is_the_start():
    assert ("start", "clf") in roles(f"{FULL} 12345")
    assert ("time", "clf") in roles(f"{FULL} 0.123")


def test_a_virtual_host_before_the_client():
    assert roles(f"shop.test:443 {FULL}")[:2] == [("service", "port"), ("client", "")]
    assert roles(FULL.replace("127.0.0.1", "client.test"))[0] == ("client", "")


def test_labelled_values():
    line = (
        "time:[10/Oct/2026:13:55:36 +0200]\thost:::1\treq:GET / HTTP/1.1\tstatus:200\treqtime:0.1"
    )
    found = roles(line, line.replace("200", "404"), "broken\tline")
    assert [role for role, _ in found] == ["time", "client", "request", "status", "duration"]


@pytest.mark.parametrize(
    ("time", "unit"),
    [
        ("2026-10-10T13:55:36+02:00", "iso"),
        ("2026-10-10 13:55:36.123", "iso"),
        ("1700000000.123", "s"),
        ("[10/Oct/2026:13:55:36.123 +0200]", "%d/%b/%Y:%H:%M:%S.%f %z"),
        ("[10/Oct/2026:13:55:36]", "%d/%b/%Y:%H:%M:%S"),
    ],
)
def test_other_times(time, unit):
    assert ("time", unit) in roles(f'{time} 127.0.0.1 "GET / HTTP/2.0" 200')


@pytest.mark.parametrize(
    "line",
    [
        "hello world",
        '{"time": "2026-10-10T13:55:36Z", "request": "GET / HTTP/1.1"}',
        "2026-10-10 12:00:00 INFO started",
        '127.0.0.1 "GET / HTTP/1.1" 200',
        '[10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" done',
        "",
    ],
)
def test_what_has_no_time_request_and_status_is_none(line):
    assert template(line) is None


def test_a_few_odd_lines_do_not_matter():
    tls = FULL.replace("GET /a?b=1 HTTP/1.1", r"\x16\x03")
    odd = ["cut off", tls, FULL.replace("- -", "- ann lee")]
    assert [role for role, _ in roles(*[FULL] * 5, *odd)] == USUAL


def test_lines_of_error_logs_are_not_looked_at():
    head = b"2026/11/12 08:00:00 [error] 29#29: x\n\n" + FULL.encode() + b"\nhalf a li"
    assert sampled(head) == [FULL]


def test_what_most_logs_have_is_a_template_of_its_own():
    found = COMBINED.line.match(FULL.encode() + b" anything")
    assert found.groups()[-1] == b" anything"
