from perfkit.plans.reading.alike import alike, alike_document
from perfkit.plans.reading.lines import BLOCKS


def made(*nodes, text=True, **rest):
    tree = [{"Node Type": "Result", **node} for node in nodes]
    alike(tree, rest, text=text)
    return tree


RUN = {"Actual Loops": 1, "Actual Rows": 1}


def test_counters_that_text_leaves_out_are_zero_where_others_were_counted():
    first, second, third = made(RUN | {"Temp Read Blocks": 3}, RUN, {})
    assert [first[key] for key in BLOCKS].count(0) == len(BLOCKS) - 1
    assert {second[key] for key in BLOCKS} == {0}
    assert not set(third) & set(BLOCKS)  # of another server, or not executed here


def test_where_nothing_was_touched_nothing_is_known_of_blocks():
    for text in (True, False):
        (node,) = made(RUN | dict.fromkeys(BLOCKS, 0) | {"WAL Records": 0}, text=text)
        assert not set(node) & {*BLOCKS, "WAL Records"}
    (node,) = made(RUN | dict.fromkeys(BLOCKS, 0), Planning={"Shared Hit Blocks": 3})
    assert node["Shared Hit Blocks"] == 0


def test_times_of_blocks_have_the_names_of_the_version():
    old, _ = made(RUN | {"I/O Read Time": 1.0}, RUN)
    assert {key for key in old if "I/O" in key} == {"I/O Read Time", "I/O Write Time"}
    middle, other = made(RUN | {"I/O Read Time": 1.0}, RUN | {"Temp I/O Read Time": 1.0})
    assert middle["Temp I/O Read Time"] == other["I/O Read Time"] == 0.0
    new, _ = made(RUN | {"Temp I/O Read Time": 1.0}, RUN)
    assert new["Shared I/O Write Time"] == new["Local I/O Read Time"] == 0.0


def test_json_is_not_completed():
    first, second = made(RUN | {"Shared Hit Blocks": 3, "Filter": "a"}, RUN, text=False)
    assert "Shared Hit Blocks" not in second
    assert "Rows Removed by Filter" not in first


def test_conditions_that_removed_nothing_removed_zero_rows():
    (node,) = made(RUN | {"Filter": "a", "Join Filter": "b"})
    assert (node["Rows Removed by Filter"], node["Rows Removed by Join Filter"]) == (0, 0)
    assert "Rows Removed by Filter" not in made({"Filter": "a"})[0]
    scan = {"Node Type": "Index Scan", "Index Cond": "a"}
    assert made(RUN | scan)[0]["Rows Removed by Index Recheck"] == 0


def test_a_node_that_was_never_executed_took_no_time():
    idle = {"Actual Loops": 0, "Actual Rows": 0}
    _, node = made(RUN | {"Actual Total Time": 3.0}, idle)
    assert node["Actual Total Time"] == node["Actual Startup Time"] == 0.0
    _, node = made(RUN, idle)
    assert "Actual Total Time" not in node


def test_flags_and_names_of_versions_are_the_same():
    (node,) = made({"Workers": []}, text=False)
    assert (node["Parallel Aware"], node["Async Capable"]) == (False, False)
    assert "Workers" not in node
    assert made({"Node Type": "Append"})[0]["Subplans Removed"] == 0
    assert made({"Node Type": "Gather"})[0]["Single Copy"] is False
    two = {"Node Type": "Function Scan", "Function Name": "f", "Function Call": "a(1), b(2)"}
    assert "Function Name" not in made(two)[0]
    assert alike_document({"Total Runtime": 3.5, "Settings": {}}) == {"Execution Time": 3.5}
