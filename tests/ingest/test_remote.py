"""Addresses that fsspec knows are read like files; what is wrong with one is one sentence."""

import gzip
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import fsspec
import pytest

from perfkit.errors import InputError, MissingExtra
from perfkit.ingest.load import load
from perfkit.ingest.remote import find_remote, is_address


@pytest.fixture
def bucket(log):
    system = fsspec.filesystem("memory")
    system.pipe({f"/bucket/{n}.log.gz": gzip.compress(log) for n in range(3)})
    system.pipe({"/bucket/plain.log": log, "/other/x.txt": b"x"})
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)
    system.rm("/other", recursive=True)


def test_a_file_a_pattern_and_a_folder_are_found(bucket):
    assert [one.name for one in find_remote(f"{bucket}/plain.log")] == [
        "memory:///bucket/plain.log"
    ]
    assert [one.path for one in find_remote(f"{bucket}/*.gz")] == [
        f"/bucket/{n}.log.gz" for n in range(3)
    ]
    assert len(find_remote(bucket)) == 4


def test_remote_logs_are_loaded_like_files(bucket, tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    here = load(tmp_path / "a.log").arrow("queries")
    there = load(f"{bucket}/plain.log")
    assert there.arrow("queries").equals(here)
    assert there.inputs[0].size_bytes == len(log)
    assert load(f"{bucket}/*.gz").arrow("queries").num_rows == 300
    with ThreadPoolExecutor(2) as executor:
        assert load(bucket, executor=executor).arrow("queries").num_rows == 400


def test_what_is_not_there_is_said(bucket):
    with pytest.raises(InputError, match=r"memory://bucket/none\.log: cannot be read"):
        load(f"{bucket}/none.log")
    with pytest.raises(InputError, match="no file is there"):
        load(f"{bucket}/*.zip")
    with pytest.raises(InputError, match="is no address that can be read"):
        load("nosuchthing://x/y")


def test_a_package_that_is_missing_is_named():
    with pytest.raises(MissingExtra, match="s3://") as caught:
        load("s3://bucket/x.log")
    assert caught.value.hint == 'pip install "perfkit[s3]"'


def test_passwords_in_addresses_are_not_shown():
    with pytest.raises(InputError) as caught:
        load("nosuchthing://user:hunter2@host/x.log?token=abc123secret")
    assert "hunter2" not in str(caught.value)


def test_paths_are_no_addresses():
    assert is_address("s3://b/x")
    assert is_address("simplecache::https://h/x")
    assert not is_address("/var/log/x")
    assert not is_address("a b://c")


def test_nothing_of_fsspec_is_imported_before_an_address_is_named(tmp_path, log):
    (tmp_path / "a.log").write_bytes(log)
    code = "import sys, perfkit; perfkit.load(sys.argv[1]); print('fsspec' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.log")],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"
