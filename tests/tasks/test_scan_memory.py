"""scan() keeps no rows: four times the input takes no more memory."""

import subprocess
import sys

import pytest

CODE = """
import sys
import perfkit
from perfkit.ingest import crew
crew.CHUNK_BYTES, crew.cores = 4 << 20, lambda: 1  # the same pieces, all of them here
result = perfkit.scan(sys.argv[1]).digest()
assert result.totals["calls"] == int(sys.argv[2]), result.totals
# getrusage() would tell the peak of the process that started this one, when it is larger
peak = next(line for line in open("/proc/self/status") if "VmHWM" in line)
print(int(peak.split()[1]) // 1024)
"""
LINE = (
    "2026-11-21 02:{:02}:{:02}.{:03} UTC [{}] ann@shop/app LOG:  duration: {}.125 ms"
    "  statement: select a, b, c from some_table_{} where id = {} and more = 'so and so'\n"
)
ROWS = 20_000_000 // 150


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """About 20 MB, and four times as much."""
    block = "".join(
        LINE.format(n // 60 % 60, n % 60, n % 1000, n % 50, n % 977, n % 200, n)
        for n in range(ROWS)
    )
    folder = tmp_path_factory.mktemp("large")
    for times in (1, 4):
        (folder / f"{times}.log").write_text(block * times)
    return {times: folder / f"{times}.log" for times in (1, 4)}


def megabytes(path, rows):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(path), str(rows)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return int(done.stdout)


def test_the_peak_does_not_grow_with_the_input(logs):
    little, much = (megabytes(path, times * ROWS) for times, path in logs.items())
    assert logs[4].stat().st_size > 75_000_000
    assert much < little + 40
