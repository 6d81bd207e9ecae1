"""The regular expression of a line, and what is said of lines that do not fit."""

import time

import pytest

from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.template import Field, Template

COMBINED = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$ua"'
LINE = b'1.2.3.4 - ann [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" 200 12 "x"'


def test_groups_are_the_fields():
    found = template_of(COMBINED).line.match(LINE)
    expected = (b"1.2.3.4", b"ann", b"10/Oct/2026:13:55:36 +0200", b"GET / HTTP/1.1")
    assert found.groups() == (*expected, b"200", b"12", b"x")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"", "$remote_addr"),
        (b"1.2.3.4 - ann", "$remote_user"),
        (LINE.replace(b"/Oct/", b"/10/"), "$time_local"),
        (LINE[:-3], "$body_bytes_sent"),
        (LINE[:-1], "$ua"),
        (LINE.replace(b"200 ", b"200"), "$body_bytes_sent"),
        (LINE, "its end, or a value that is no number or time"),
    ],
)
def test_a_misfit_names_the_field(line, field):
    assert template_of(COMBINED).misfit(line) == field


def test_values_may_hold_what_ends_them_when_it_is_escaped_or_not_the_whole_end():
    line = LINE.replace(b'"x"', rb'"a \"b\" c"').replace(b"ann", b"ann lee")
    groups = template_of(COMBINED).line.match(line).groups()
    assert (groups[1], groups[-1]) == (b"ann lee", rb"a \"b\" c")
    assert template_of(COMBINED).line.match(LINE.replace(b'"x"', b'"a "b" c"'))


def test_several_values_are_one_field():
    template = template_of("$upstream_addr $upstream_response_time $status")
    line = b"a:1, b:2 : c:3 0.1, - : 0.3 200"
    assert template.line.match(line).groups() == (b"a:1, b:2 : c:3", b"0.1, - : 0.3", b"200")


@pytest.mark.parametrize(
    "filling", [b'"', b"\\", b"-", b" ", b" -", b'" "', b'\\"', b"[", b", ", b"x"]
)
def test_hostile_lines_take_linear_time(filling):
    template = template_of(f'{COMBINED} $upstream_addr "$http_x_forwarded_for"')
    begin = time.process_time()
    for line in (filling * 200_000, LINE + b" " + filling * 200_000):
        template.line.match(line)
        template.misfit(line)
    assert time.process_time() - begin < 2


def test_roles_have_places():
    template = Template(
        fields=(Field(role="status"), Field(), Field(role="status")),
        literals=("", " ", " ", ""),
        title="t",
    )
    assert template.places("status") == [0, 2]
    assert template.places("path") == []
