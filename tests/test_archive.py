import io
import json
import os
import random
import struct
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import archive, tables
from perfkit.archive import is_archive, reopen, save
from perfkit.errors import InputError, UsageError
from perfkit.recording import Note, Recording, Rejected, Source

KINDS = {kind: name for name, kind in tables.ARROW.items()}
VALUES = {
    "time": st.integers(-(2**63) + 1, 2**63 - 1),
    "number": st.floats(allow_nan=False),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "text": st.text(max_size=20),
    "category": st.text(max_size=3),
    "flag": st.booleans(),
    "bytes": st.binary(max_size=20),
}
texts = st.text(st.characters(codec=None) | st.just("\udc80"), max_size=20)
counts = st.integers(0, 2**40)
sources = st.builds(
    Source, name=texts, format=texts, size_bytes=counts, lines=counts, used=counts, rejected=counts
)
rejects = st.builds(Rejected, source=counts, line=counts, reason=texts, text=texts)
notes = st.builds(Note, kind=texts, message=texts)


@st.composite
def contents(draw):
    found = {}
    for name in draw(st.lists(st.sampled_from(list(tables.TABLES)), unique=True, max_size=3)):
        rows = draw(st.integers(0, 4))
        fields = draw(st.lists(st.sampled_from(list(tables.TABLES[name])), unique=True))
        columns = {
            f.name: draw(st.lists(st.none() | VALUES[KINDS[f.type]], min_size=rows, max_size=rows))
            for f in fields
        }
        found[name] = tables.from_columns(name, columns, rows=rows)
    return found


recordings = st.builds(
    Recording,
    contents=contents(),
    inputs=st.lists(sources, max_size=3).map(tuple),
    rejects=st.lists(rejects, max_size=3).map(tuple),
    quality=st.lists(notes, max_size=3).map(tuple),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "+05:30"]),
)


def assert_same(one, other):
    assert list(one.contents) == list(other.contents)
    for name, table in one.contents.items():
        assert other.contents[name].schema == tables.TABLES[name]
        assert other.contents[name].to_pydict().keys() == table.to_pydict().keys()
        assert other.contents[name].combine_chunks().equals(table.combine_chunks())
    assert (one.inputs, one.rejects) == (other.inputs, other.rejects)
    assert (one.quality, one.zone) == (other.quality, other.zone)


@given(recordings)
@settings(deadline=None, max_examples=60)
def test_a_reopened_recording_is_the_one_that_was_saved(tmp_path_factory, rec):
    path = tmp_path_factory.mktemp("saved") / "r.perfkit"
    save(rec, path)
    assert_same(rec, reopen(path))


def sample(rows=50):
    queries = {
        "started_at": list(range(rows)),
        "duration_ms": [1.5, None] * (rows // 2),
        "statement": ["select 1", "select 2"] * (rows // 2),
        "trace_id": [f"{n:032x}" for n in range(rows)],
        "attributes": [b"\x00\xff"] * rows,
    }
    return Recording(
        contents={"queries": tables.from_columns("queries", queries)},
        inputs=(Source(name="a.log", format="x", lines=rows, used=rows),),
    )


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "incident.perfkit"
    sample().save(path)
    return path


def rewritten(path, *, drop=(), **members):
    """Write the zip again with some members replaced, added or dropped."""
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist() if name not in drop}
    names = {name.replace("__", "."): data for name, data in members.items()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in (held | names).items():
            new.writestr(name, data)
    return path


def manifest(path, **changes):
    with zipfile.ZipFile(path) as packed:
        found = json.loads(packed.read("manifest.json"))
    return rewritten(path, manifest__json=json.dumps(found | changes))


def parquet(table, **options):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def test_equal_recordings_make_equal_files(saved, tmp_path):
    sample().save(tmp_path / "again.perfkit")
    assert (tmp_path / "again.perfkit").read_bytes() == saved.read_bytes()


def test_the_file_is_a_zip_that_other_programs_read(saved):
    with zipfile.ZipFile(saved) as packed:
        assert packed.namelist() == ["manifest.json", "queries.parquet"]
        assert packed.testzip() is None
        table = pq.read_table(io.BytesIO(packed.read("queries.parquet")))
    assert table.num_rows == 50


def test_a_recording_is_known_by_its_first_bytes(saved, tmp_path):
    head = saved.read_bytes()[:256]
    assert is_archive(head, "renamed.zip")
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("app.log", "perfkit")
    assert not is_archive(other.read_bytes()[:256], other)
    assert not is_archive(b"2026-11-20 perfkit-recording", "a.perfkit")
    assert not is_archive(b"", "a.perfkit")


def test_a_recording_zipped_again_in_another_order_is_known_by_its_name(saved):
    with zipfile.ZipFile(saved) as old:
        held = {name: old.read(name) for name in reversed(old.namelist())}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in held.items():
            new.writestr(name, data)
    assert is_archive(saved.read_bytes()[:256], saved)
    assert_same(reopen(saved), sample())


@pytest.mark.parametrize(
    ("broken", "error", "raised"),
    [
        ("pyarrow.parquet.write_table", KeyboardInterrupt, KeyboardInterrupt),
        ("pathlib.Path.replace", OSError(28, "No space left on device"), UsageError),
    ],
)
def test_an_existing_file_is_replaced_only_when_whole(saved, monkeypatch, broken, error, raised):
    before = saved.read_bytes()

    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr(broken, fails)
    with pytest.raises(raised):
        sample(100).save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_an_existing_recording_is_replaced(saved):
    sample(100).save(saved)
    assert reopen(saved).arrow("queries").num_rows == 100
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_folder_a_device_and_a_pipe_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, "/dev/null", tmp_path / "pipe"):
        with pytest.raises(UsageError, match="is not a regular file"):
            sample().save(path)


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        sample().save(tmp_path / "missing" / "x.perfkit")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.perfkit: cannot be read \(No such file"):
        reopen(tmp_path / "gone.perfkit")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"plain text", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_recording_is_refused(tmp_path, data):
    path = tmp_path / "x.perfkit"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.perfkit: .*not a (perfkit )?recording"):
        reopen(path)


def test_a_newer_schema_says_to_upgrade(saved):
    with pytest.raises(InputError, match=r"newer perfkit \(schema 2; this one reads 1\)") as caught:
        reopen(manifest(saved, schema=archive.SCHEMA + 1))
    assert caught.value.hint == "pip install --upgrade perfkit"


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "1"},
        {"schema": True},
        {"schema": 0},
        {"schema": None},
        {"format": "other"},
        {"zone": 1},
        {"zone": "Mars/Olympus"},
        {"sources": {}},
        {"sources": [{"name": 1, "format": "x"}]},
        {"rejected": [[]]},
        {"tables": {"queries": "50"}},
        {"tables": {"queries": 51}},
        {"tables": {"passwords": 50}},
        {"tables": {"../../queries": 50}},
        {"tables": {"spans": 1}},
    ],
    ids=str,
)
def test_a_manifest_that_is_not_right_is_refused(saved, changes):
    with pytest.raises(InputError, match=r"incident\.perfkit: "):
        reopen(manifest(saved, **changes))


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.binary(max_size=30) | junk.map(json.dumps) | st.just("[" * 100_000))
@settings(deadline=None, max_examples=60)
def test_any_other_manifest_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("junk") / "x.perfkit"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("manifest.json", data)
    with pytest.raises(InputError, match=r"x\.perfkit: "):
        reopen(path)


def test_other_members_are_ignored_and_nothing_is_unpacked(saved):
    before = set(saved.parent.parent.rglob("*"))
    rewritten(saved, **{"../evil": b"x", "__init__.py": b"raise SystemExit", "/etc/x": b"x"})
    assert_same(reopen(saved), sample())
    assert set(saved.parent.parent.rglob("*")) == before


def test_columns_of_an_older_schema_are_unknown_and_foreign_ones_are_dropped(saved):
    old = pa.table({"statement": ["select 1"] * 50, "mine": [1] * 50, "line": pa.array([7] * 50)})
    table = reopen(rewritten(saved, queries__parquet=parquet(old))).arrow("queries")
    assert table.schema == tables.TABLES["queries"]
    assert table["duration_ms"].null_count == 50
    assert table["line"].to_pylist() == [7] * 50


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"duration_ms": ["abc"] * 50}),
        pa.table({"statement": [["nested"]] * 50}),
        pa.table({"error": [{"a": 1}] * 50}),
        pa.table([pa.array([1.0] * 50)] * 2, names=["duration_ms", "duration_ms"]),
        pa.table({"error": pa.array([b"\xff\xfe"] * 50)}),
    ],
    ids=["text", "list", "struct", "twice", "encoding"],
)
def test_a_table_of_other_types_is_refused(saved, table):
    with pytest.raises(InputError, match=r"'queries' is damaged"):
        reopen(rewritten(saved, queries__parquet=parquet(table)))


def test_a_text_that_claims_to_be_utf8_and_is_not_is_refused(saved):
    buffers = [None, pa.py_buffer(struct.pack("<51i", *range(51))), pa.py_buffer(b"\xff" * 50)]
    lying = pa.table({"error": pa.Array.from_buffers(pa.string(), 50, buffers)})
    with pytest.raises(InputError, match=r"'queries' is damaged"):
        reopen(rewritten(saved, queries__parquet=parquet(lying)))


def test_a_repeated_giant_text_is_refused_before_it_fills_the_memory(saved):
    rows = 100_000
    giant = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 1_000_000])
    data = parquet(pa.table({"error": giant}), compression="zstd")
    assert len(data) < 1_000_000
    code = (
        "import sys\n"
        "from perfkit.archive import reopen\n"
        "from perfkit.errors import InputError\n"
        "try:\n    reopen(sys.argv[1])\n"
        "except InputError as error:\n    print(error)\n"
        # getrusage() would tell the peak of this process, when it is larger
        "peak = next(line for line in open('/proc/self/status') if 'VmHWM' in line)\n"
        "print(int(peak.split()[1]) // 1024)\n"
    )
    manifest(rewritten(saved, queries__parquet=data), tables={"queries": rows})
    done = subprocess.run(
        [sys.executable, "-c", code, saved], capture_output=True, text=True, timeout=60, check=True
    )
    message, *_, peak_mb = done.stdout.splitlines()
    assert "unpacks to" in message
    assert int(peak_mb) < 1000


def test_a_small_file_that_declares_a_giant_is_refused(saved):
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", json.dumps({"format": "perfkit-recording", "schema": 1}))
        with packed.open("queries.parquet", "w", force_zip64=True) as member:
            for _ in range(1100):
                member.write(bytes(1 << 20))
    assert saved.stat().st_size < 2 << 20
    with pytest.raises(InputError, match="unpacks to 1100 MB, more than the 1024 MB"):
        reopen(saved)


def test_a_member_that_holds_more_than_it_declares_is_refused(saved):
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", b"{" + b" " * 1_000_000)
    data = bytearray(saved.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 100)
    saved.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        reopen(saved)


def test_a_recording_that_could_not_be_reopened_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_ALWAYS_ALLOWED", 1000)
    uniform = tables.from_columns("queries", {"error": ["x" * 1000] * 20_000})
    with pytest.raises(UsageError, match="too large and too uniform"):
        save(Recording(contents={"queries": uniform}), tmp_path / "x.perfkit")
    assert list(tmp_path.iterdir()) == []


def test_an_encrypted_member_is_refused(saved):
    data = bytearray(saved.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1
    saved.write_bytes(data)
    with pytest.raises(InputError, match="damaged or encrypted"):
        reopen(saved)


def test_a_cut_or_changed_file_is_refused_or_read_as_it_was(saved):
    whole, chance = saved.read_bytes(), random.Random(841)
    for attempt in range(400):
        data = bytearray(whole)
        if attempt % 4 == 0:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(chance.randrange(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        saved.write_bytes(data)
        try:
            found = reopen(saved)
        except InputError as error:
            assert str(error).startswith(str(saved))  # noqa: PT017 - both ends are right
        else:
            assert_same(found, sample())


def test_damaged_parquet_behind_a_right_checksum_is_refused_or_read(saved):
    whole, chance = parquet(sample().arrow("queries")), random.Random(7)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        rewritten(saved, queries__parquet=bytes(data))
        try:
            assert reopen(saved).arrow("queries").num_rows == 50
        except InputError:
            refused += 1
    assert refused > 50


def test_a_hostile_name_is_shown_harmlessly(tmp_path):
    with pytest.raises(InputError) as caught:
        reopen(tmp_path / "a\x1b[2J.perfkit")
    assert "\x1b" not in str(caught.value)
