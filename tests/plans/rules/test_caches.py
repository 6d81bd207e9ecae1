import pytest

from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.plans.rules.caches import cache_miss


def scan(made, hit=0, read=1000, io=40.0, **more):
    return made(
        Relation_Name="orders", Shared_Hit_Blocks=hit, Shared_Read_Blocks=read,
        Shared_IO_Read_Time=0.0, **{"I/O_Read_Time": io}, **more,
    )  # fmt: skip


def found(plan):
    return cache_miss(plan, Facts())


def test_waiting_for_the_disk_is_found_with_its_speed(scans_made):
    (finding,) = found(scan(scans_made))
    assert finding.rule == "cache-miss"
    assert "waited 40 ms (50.0 % of the time)" in finding.title
    assert finding.evidence[0]["bytes_per_second"] == 1000 * 8192 / 0.04
    assert finding.saves_ms is None


@pytest.mark.parametrize(
    ("hit", "read", "io", "expected"),
    [(1000, 1000, 40.0, True), (1001, 1000, 40.0, False), (0, 1000, 20.0, True),
     (0, 1000, 19.9, False), (0, 0, 40.0, False), (0, 1000, 0.0, False)],
)  # fmt: skip
def test_half_of_the_blocks_and_a_quarter_of_the_time(scans_made, hit, read, io, expected):
    assert bool(found(scan(scans_made, hit, read, io))) is expected


def test_a_plan_without_timed_reads_says_nothing(scans_made):
    assert found(scans_made(Shared_Hit_Blocks=0, Shared_Read_Blocks=1000)) == []


@pytest.mark.parametrize(
    ("read", "word"),
    [(200, "slow or busy disk"), (2000, "what a disk gives"), (40_000, "page cache")],
)
def test_the_speed_is_judged(scans_made, read, word):
    (finding,) = found(scan(scans_made, read=read, io=40.0, whole=80.0))
    speed = read * 8192 / 0.04
    assert (speed < 50 * 1024**2, speed > 1024**3) == ("slow" in word, "cache" in word)
    assert word in finding.fix.text


def test_a_scan_with_a_better_explanation_is_not_blamed_on_the_cache(scans_made):
    plan = scan(scans_made, Filter="(a = 1)", Rows_Removed_by_Filter=99_990)
    assert [finding.rule for finding in rules.findings(plan)] == ["slow-seq-scan"]
    assert found(plan)


def test_a_real_server_tells_the_time_of_its_reads(scans_plan):
    plan = scans_plan("select count(*) from events", "track_io_timing = on")
    waited = plan.times.self_io_ms[1] or 0.0
    assert bool(found(plan)) is (waited >= max(5.0, 0.25 * plan.execution_ms))
