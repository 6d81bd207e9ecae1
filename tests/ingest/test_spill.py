from pathlib import Path

import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.errors import InputError
from perfkit.ingest.spill import mapped, spilled, written


@pytest.fixture
def rows():
    parts = [
        tables.from_columns("queries", {"statement": [f"select {n}", None], "duration_ms": [n, 2]})
        for n in range(3)
    ]
    return tables.concat(parts, "queries")


def test_what_is_spilled_is_what_it_was(rows):
    again = spilled({"queries": rows})["queries"]
    assert again.schema == rows.schema
    assert again.to_pylist() == rows.to_pylist()


def test_the_file_has_no_name_any_more_and_no_descriptor(tmp_path, rows):
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
    files = written({"queries": rows}, str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1
    table = mapped(files)["queries"]
    assert list(tmp_path.iterdir()) == []
    assert (len(list(descriptors.iterdir())) if before else 0) == before
    assert table["duration_ms"].to_pylist() == rows["duration_ms"].to_pylist()


def test_rows_on_disk_take_no_memory(rows):
    many = pa.concat_tables([rows] * 10_000).unify_dictionaries()
    before = pa.total_allocated_bytes()
    on_disk = spilled({"queries": many})
    assert pa.total_allocated_bytes() - before < many.nbytes / 20
    assert on_disk["queries"].num_rows == 60_000


def test_a_full_disk_is_said_and_leaves_no_file(tmp_path, rows, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with pytest.raises(InputError, match="cannot be kept there") as caught:
        written({"queries": rows}, str(tmp_path))
    assert "TMPDIR" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
