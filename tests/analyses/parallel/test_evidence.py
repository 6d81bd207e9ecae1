"""Levels of evidence, from nothing to seen at the same time."""

from __future__ import annotations

import pytest

from perfkit.analyses.parallel.evidence import Level, pairs
from perfkit.analyses.parallel.matrix import matrix
from perfkit.analyses.parallel.sites import sites

A, B = "http://a/a", "http://b/b"


@pytest.fixture(scope="session")
def judged(steps):
    def judge(write, count=30):
        found = steps(write, count)
        return pairs(matrix(found, sites(found.forest, found)[0]))

    return judge


def level(found):
    assert (found.level == found.level.T).all()
    assert found.level[0, 0] == found.level[1, 1] == Level.DEPENDENT
    return found.level[0, 1]


def shifted(begin_of_b, count=3, first=A, **columns):
    """Write A for 40 ms at 1 ms; B behind it, but at ``begin_of_b`` in ``count`` requests."""

    def write(request, n):
        request.http(first, 40.0, at=1.0, **columns)
        request.http(B, 40.0, at=begin_of_b if n < count else 41.5)

    return write


def swapped(count, method="GET"):
    def write(request, n):
        for url in (A, B)[:: -1 if n < count else 1]:
            request.http(url, 40.0, method=method)

    return write


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (shifted(1.5), Level.OVERLAPPING),
        (shifted(11.0), Level.OVERLAPPING),
        (shifted(12.0), Level.LIKELY),  # the answer may have been there
        (shifted(1.5, count=2), Level.LIKELY),
        (shifted(1.5, status=500), Level.DEPENDENT),
        (shifted(1.5, method="POST"), Level.OVERLAPPING),
        (shifted(1.5, count=0, method="POST"), Level.DEPENDENT),
        (swapped(3), Level.SWAPPED),
        (swapped(2), Level.LIKELY),
        (swapped(15, method="POST"), Level.DEPENDENT),
        (swapped(0), Level.LIKELY),
    ],
)
def test_a_pair_has_the_level_that_its_requests_show(judged, write, expected):
    assert level(judged(write)) == expected


def test_a_clock_of_milliseconds_makes_no_overlap(judged):
    assert level(judged(shifted(40.0, count=30))) == Level.LIKELY


def test_a_rare_swap_is_an_accident(judged):
    def write(request, n):
        for url in (A, B)[:: -1 if n < 3 else 1]:
            request.http(f"{url}/{n * 7919}" if url == B else url, 40.0)

    assert level(judged(write, 30)) == Level.SWAPPED
    assert level(judged(write, 100)) == Level.DEPENDENT


def test_too_few_requests_leave_it_possible(judged):
    assert level(judged(swapped(0), 9)) == Level.POSSIBLE
    assert level(judged(swapped(0), 10)) == Level.LIKELY


def test_counts_say_how_often(judged):
    found = judged(swapped(7))
    assert sorted((found.first[0, 1], found.first[1, 0])) == [7, 23]
    assert judged(shifted(1.5, count=4)).launched[0, 1] == 4


def test_verdicts_are_kept_for_what_was_asked(judged):
    def write(request, n):
        request.http(A, 40.0)
        request.sql("SELECT a FROM b WHERE c = $1", 40.0)

    found = judged(write)
    assert level(found) == Level.POSSIBLE
    ((_, verdict),) = found.verdicts.items()
    assert verdict.hidden
