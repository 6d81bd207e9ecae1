import numpy as np

from perfkit.analyses.changes.course import course
from perfkit.analyses.changes.findings import Told
from perfkit.analyses.changes.series import binned
from perfkit.analyses.changes.shown import drawn
from perfkit.recording import Recording

MONDAY = 1_767_571_200 * 10**9
HOUR = 3600 * 10**9


def test_the_costliest_six_are_drawn_and_deploys_within_the_time():
    times = MONDAY + np.linspace(0, HOUR, 1000).astype(np.int64)
    kept = [(f"/r{n}", course(binned(times, np.arange(1, 1001.0)))) for n in range(9)]
    found = [{"key": f"/r{n}"} for n in (8, 7, 8, 6, 5, 4, 3, 2)]
    rec = Recording().mark("2026-01-05T00:30:00+00:00", "in").mark("2026-01-06T00:30", "out")
    told = Told(by="route", judged=9, zone="UTC", first=MONDAY, last=MONDAY + HOUR)
    tables = drawn(kept, found, rec, told)
    course_of = tables["course"]
    assert course_of["key"].unique().to_pylist() == [f"/r{n}" for n in (8, 7, 6, 5, 4, 3)]
    assert (np.array(course_of["p95_ms"]) >= np.array(course_of["p50_ms"])).all()
    assert tables["marks"]["message"].to_pylist() == ["in"]


def test_without_changes_the_tables_are_empty():
    told = Told(by="route", judged=0, zone="UTC", first=0, last=0)
    assert {name: t.num_rows for name, t in drawn([], [], Recording(), told).items()} == {
        "course": 0,
        "marks": 0,
    }
