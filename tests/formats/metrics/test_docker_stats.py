"""docker stats: tables and JSON in the shape that docker/cli prints."""

import pytest

from perfkit.formats.metrics.docker_stats import FORMAT, recognises

HEADER = (
    "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O   BLOCK I/O   PIDS\n"
)


def test_a_row_is_a_container(written, parsed, readings):
    found = readings(parsed(FORMAT, written("docker_table.txt")))
    assert found[:9] == [
        (None, "shop-api-1", *told)
        for told in [
            ("docker.cpu", pytest.approx(1.5231), "1"),
            ("memory.utilisation", 0.4028, "1"),
            ("docker.network.receive_total", 1.21e6, "bytes"),
            ("docker.network.transmit_total", 945e3, "bytes"),
            ("docker.block.read_total", 12.3e6, "bytes"),
            ("docker.block.write_total", 0.0, "bytes"),
            ("memory.used", 412.5 * 2**20, "bytes"),
            ("docker.memory.limit", 2.0**30, "bytes"),
            ("docker.pids", 17.0, "1"),
        ]
    ]


def test_a_container_that_does_not_run_is_irrelevant(written, parsed, accounts):
    result = parsed(FORMAT, written("docker_table.txt"))
    accounts(result, 4)
    assert (result.used, result.irrelevant) == (2, 2)


def test_codes_that_move_the_cursor_are_taken_off(written, parsed, values):
    result = parsed(FORMAT, written("docker_stream.txt"))
    assert values(result, "docker.cpu") == [0.0, 0.125, 0.135]
    assert (result.used, result.irrelevant, result.rejected_lines) == (3, 5, 0)


def test_notes_say_what_is_not_told(written, parsed, kinds):
    assert kinds(parsed(FORMAT, written("docker_table.txt"))) == ["cpu_of_one_core", "no_times"]
    assert kinds(parsed(FORMAT, written("docker_lines.jsonl"))) == ["cpu_of_one_core"]


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026-11-21T21:37:17+0100 ", "2026-11-21 20:37:17"),
        ("2026-11-21T21:37:17.5Z ", "2026-11-21 21:37:17"),
        ("2026-11-21 21:37:17 ", "2026-11-21 21:37:17"),
        ("[2026-11-21 21:37:17] ", "2026-11-21 21:37:17"),
        ("1795297037.25 ", "2026-11-21 21:37:17"),
        ("Nov  1 21:37:17 ", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("name", ["docker_lines.jsonl", "docker_table.txt"])
def test_times_in_front_are_read(name, stamp, at, written, parsed, readings):
    lines = written(name).decode().replace("2026-11-21T21:37:17+0100 ", "").splitlines()
    data = "".join(f"{stamp}{line}\n" for line in lines).encode()
    assert recognises(data).confidence > 0.9
    found = readings(parsed(FORMAT, data))
    assert {row[0] for row in found} == {at}
    assert {row[1] for row in found} == {"shop-api-1", "shop-db-1"}


def test_json_tells_what_the_table_tells(written, parsed, readings):
    table = readings(parsed(FORMAT, written("docker_table.txt")))
    lines = readings(parsed(FORMAT, written("docker_lines.jsonl")))
    others = {row[1:] for row in table if row[1:3] != ("shop-api-1", "docker.cpu")}
    assert {row[1:] for row in lines if row[1:3] != ("shop-api-1", "docker.cpu")} == others


def test_tables_of_your_own_columns_are_read(parsed, readings):
    data = b"NAME        CPU %     MEM USAGE / LIMIT\nshop-api-1  1.00%     1kB / 1MB\n"
    assert recognises(data).confidence > 0.9
    assert [row[1:4] for row in readings(parsed(FORMAT, data))] == [
        ("shop-api-1", "docker.cpu", 0.01),
        ("shop-api-1", "memory.used", 1000.0),
        ("shop-api-1", "docker.memory.limit", 1e6),
    ]


def test_old_versions_have_a_container_and_no_name(parsed, readings):
    data = (
        b"CONTAINER           CPU %               MEM USAGE / LIMIT     MEM %               "
        b"NET I/O             BLOCK I/O           PIDS\n"
        b"1a2b3c4d5e6f        0.10%               1.5MiB / 1GiB         0.15%               "
        b"1kB / 0B            0B / 0B             3\n"
    )
    assert {row[1] for row in readings(parsed(FORMAT, data))} == {"1a2b3c4d5e6f"}


def test_rows_that_do_not_fit_are_rejected(parsed):
    data = (HEADER + "1a2b3c4d5e6f   shop\nError response from daemon\n").encode()
    result = parsed(FORMAT, data)
    assert (result.rejected_lines, result.irrelevant) == (2, 1)


@pytest.mark.parametrize("other", [b'{"CPUPerc": 5}\n', b"NAME      READY   CPU\n", b"CPU %\n"])
def test_others_are_not_taken(other):
    assert recognises(other).confidence == 0
