import pytest

from perfkit.plans.rules.memory import (
    KB,
    memory_fix,
    own_temp_blocks,
    setting_bytes,
    spill_ms,
    spill_severity,
    spilling,
    trivial,
)

MB = 1024**2


@pytest.fixture
def sort(joins_node, joins_tree):
    def plan(ms=80.0, *, io_ms=0.0, blocks=1000, settings=None, **more):
        scan = joins_node("Seq Scan", 10.0, **{"Temp Read Blocks": 0, "Temp Written Blocks": 0})
        root = joins_node(
            "Sort", ms, scan,
            **{"Sort Space Type": "Disk", "Temp Read Blocks": blocks, "Temp Written Blocks": blocks,
               "Temp I/O Read Time": io_ms, "Temp I/O Write Time": io_ms} | more,
        )  # fmt: skip
        return joins_tree(root, Settings=settings or {})

    return plan


def fix(plan, megabytes, *, hashed=False):
    return memory_fix(plan, plan.root, megabytes * MB - 1, hashed=hashed, otherwise="Or else.")


def test_temporary_blocks_are_those_of_the_node_alone(sort):
    assert own_temp_blocks(sort(), sort().root) == 2000


def test_what_memory_saves_is_twice_the_measured_io(sort):
    plan = sort(io_ms=10.0)
    assert spill_ms(plan, plan.root) == 40.0


def test_without_io_timing_a_gigabyte_is_a_second(sort):
    assert spill_ms(sort(), sort().root) == pytest.approx(2000 * 8192 / 1e6)


def test_nothing_saves_more_than_was_spent(sort):
    plan, none = sort(io_ms=500.0), sort(blocks=0)
    assert spill_ms(plan, plan.root) == 70.0
    assert spill_ms(none, none.root) is None


def test_the_memory_to_try_comes_with_its_test(sort):
    advice = fix(sort(), 33)
    assert advice.snippet == "SET LOCAL work_mem = '33MB';"
    assert "SET LOCAL work_mem = '33MB';\nEXPLAIN (ANALYZE, BUFFERS)" in advice.test
    assert "up to 33 MB" in advice.text
    assert "Or else." in advice.text


def test_a_hash_takes_a_multiple_where_the_plan_says_so(sort):
    assert "'20MB'" in fix(sort(settings={"hash_mem_multiplier": "2"}), 40, hashed=True).snippet
    assert "'40MB'" in fix(sort(), 40, hashed=True).snippet
    assert "'40MB'" in fix(sort(settings={"hash_mem_multiplier": "x"}), 40, hashed=True).snippet


@pytest.mark.parametrize(
    ("megabytes", "cache", "given"),
    [(1024, None, True), (1025, None, False), (1025, "8GB", True), (300, "1GB", False)],
)
def test_a_quarter_of_the_memory_is_the_most_for_one_statement(sort, megabytes, cache, given):
    settings = {"effective_cache_size": cache} if cache else {}
    advice = fix(sort(settings=settings), megabytes)
    assert bool(advice.snippet) is given
    assert advice.test
    assert ("more than a quarter" in advice.text) is not given


def test_every_process_of_every_node_that_spills_is_counted(sort, joins_node, joins_tree):
    low = joins_node("Sort", 50.0, loops=3, **{"Sort Space Type": "Disk"})
    gather = joins_node("Gather", 60.0, low, **{"Workers Planned": 2, "Workers Launched": 2})
    plan = joins_tree(joins_node("Sort", 80.0, gather, **{"Sort Space Type": "Disk"}))
    assert "up to 400 MB" in fix(plan, 100).text


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({"Sort Space Type": "Disk"}, True),
        ({"Sort Space Type": "Memory"}, False),
        ({"Hash Batches": 2}, True),
        ({"Hash Batches": 1}, False),
        ({"Disk Usage": 8}, True),
        ({"Disk Usage": 0}, False),
    ],
)
def test_a_node_says_itself_that_it_went_to_disk(joins_node, joins_tree, properties, found):
    assert spilling(joins_tree(joins_node("Aggregate", 1.0, **properties)).root) is found


def test_settings_are_read_as_the_server_prints_them(sort):
    plan = sort(settings={"work_mem": "256kB", "effective_cache_size": "lots"})
    assert setting_bytes(plan, "work_mem") == 256 * KB
    assert setting_bytes(plan, "effective_cache_size") is None
    assert setting_bytes(plan, "maintenance_work_mem") is None


@pytest.mark.parametrize(
    ("saved", "severity"), [(None, "warning"), (4.0, "warning"), (3.99, "info"), (0.0, "info")]
)
def test_memory_that_saves_less_than_a_twentieth_is_no_warning(sort, saved, severity):
    assert spill_severity(sort(), saved) == severity  # of 80 ms


@pytest.mark.parametrize(
    ("blocks", "io_ms", "found"), [(63, 0.19, True), (64, 0.19, False), (63, 0.21, False)]
)
def test_less_than_a_megabyte_and_a_hundredth_is_nothing(sort, blocks, io_ms, found):
    plan = sort(blocks=blocks, io_ms=io_ms)
    assert trivial(plan, plan.root) is found


def test_without_buffers_no_spill_is_trivial(joins_node, joins_tree):
    plan = joins_tree(joins_node("Sort", 80.0))
    assert not trivial(plan, plan.root)
