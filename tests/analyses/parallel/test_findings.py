"""What is told of calls that could overlap: how sure, how grave, with which words."""

from dataclasses import replace

import pytest

from perfkit.analyses.parallel.candidates import candidate
from perfkit.analyses.parallel.evidence import Level
from perfkit.analyses.parallel.findings import finding, listed
from perfkit.analyses.parallel.sites import sites

A, B, C, D = (f"http://{name}/{name}" for name in "abcd")


@pytest.fixture(scope="session")
def group(steps):
    def make(write, count=30, **options):
        found = steps(write, count, **options)
        return candidate(found, sites(found.forest, found)[0])

    return make


def swapped(request, n):
    for url in (A, B) if n % 2 else (B, A):
        request.http(url, 60.0)


def likely(request, n):
    request.http(A, 60.0)
    request.http(B, 60.0)


def overlapping(request, n):
    request.http(A, 60.0, at=1.0, method="POST")
    request.http(B, 60.0, at=61.5 if n % 2 else 1.2, method="POST")


def test_two_calls_are_joined_by_and_four_by_name(group):
    assert listed(group(likely)) == "GET a/a and GET b/b"
    four = group(lambda request, n: [request.http(url, 20.0) for url in (A, B, C, D)])
    assert listed(four) == "GET a/a, GET b/b, GET c/c and GET d/d"


@pytest.mark.parametrize(
    ("write", "confidence", "verb"),
    [
        (overlapping, "high", "need not"),
        (swapped, "medium", "need not"),
        (likely, "medium", "seem not to need to"),
    ],
)
def test_the_confidence_is_that_of_the_evidence(group, write, confidence, verb):
    found = finding(group(write))
    assert found.confidence == confidence
    assert f"they {verb}" in found.title
    assert found.saves_basis == "per request"


def test_what_is_only_likely_is_never_critical_and_says_that_it_is_not_proven(group):
    found = group(likely)
    assert found.share > 0.4
    grave = finding(replace(found, level=Level.LIKELY))
    assert grave.severity == "warning"
    assert "Not proven" in grave.fix.text
    proven = finding(group(swapped))
    assert "Not proven" not in proven.fix.text


def test_few_requests_make_what_is_likely_doubtful(group):
    assert finding(group(likely, 19)).confidence == "low"
    assert finding(group(likely, 20)).confidence == "medium"


def test_a_tenth_of_a_second_of_every_request_is_critical(group):
    def write(request, n, ms):
        request.work(1000.0)
        for url in (A, B) if n % 2 else (B, A):
            request.http(url, ms)

    assert finding(group(lambda request, n: write(request, n, 90.0))).severity == "warning"
    assert finding(group(lambda request, n: write(request, n, 110.0))).severity == "critical"


def test_the_evidence_shows_when_calls_begin_and_when_they_could(group):
    found = finding(group(likely))
    assert found.evidence == [
        {"call": "GET a/a", "begins_at_ms": 0, "could_begin_at_ms": 0, "takes_ms": 60},
        {
            "call": "GET b/b",
            "begins_at_ms": pytest.approx(60.4),
            "could_begin_at_ms": 0,
            "takes_ms": 60,
        },
    ]
    assert found.saves_ms == pytest.approx(60, abs=0.5)


def test_the_trace_named_is_one_of_those_meant(group):
    keys = finding(group(likely)).keys
    assert keys["route"] == "/page"
    assert keys["trace_id"] in {f"t{n}" for n in range(30)}


def test_only_several_statements_need_connections_of_their_own(group):
    def one(request, n):
        request.http(A, 60.0)
        request.sql("SELECT a FROM b", 60.0)

    def two(request, n):
        for table in "bc":
            request.sql(f"SELECT a FROM {table}", 60.0)

    assert "connection of its own" not in finding(group(one)).fix.text
    assert "connection of its own" in finding(group(two)).fix.text


def test_hostile_names_cannot_leave_the_comment_of_a_snippet(group):
    evil = "http://a/x\nimport os\u2028os.remove('x')\r# \x1b[31m"

    def write(request, n):
        request.http(evil, 60.0)
        request.http(B, 60.0)

    found = finding(group(write))
    for line in found.fix.snippet.splitlines():
        assert "import os" not in line or "#" in line.partition("import os")[0]
    assert "\x1b" not in found.title + found.fix.snippet
    compile(
        f"async def request():\n    {found.fix.snippet.replace(chr(10), chr(10) + '    ')}",
        "x",
        "exec",
    )
