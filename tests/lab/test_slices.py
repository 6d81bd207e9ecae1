"""Cutting files that grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.lab.slices import Slice


@given(st.binary(), st.binary(), st.binary())
def test_a_slice_is_what_was_written_between_its_ends(tmp_path_factory, early, middle, late):
    folder = tmp_path_factory.mktemp("slice")
    source, target = folder / "source", folder / "target"
    source.write_bytes(early)
    piece = Slice.from_now(source)
    with source.open("ab") as stream:
        stream.write(middle + late)
    piece.copy(target, len(early) + len(middle))
    assert target.read_bytes() == middle
    piece.copy(target)
    assert target.read_bytes() == middle + late


def test_a_file_that_is_not_there_yet_is_cut_from_its_beginning(tmp_path):
    piece = Slice.from_now(tmp_path / "later")
    (tmp_path / "later").write_bytes(b"all")
    piece.copy(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"all"


def test_a_failed_copy_leaves_the_earlier_file_and_no_litter(tmp_path):
    (tmp_path / "copy").write_bytes(b"earlier")
    with pytest.raises(FileNotFoundError):
        Slice(tmp_path / "missing", 0).copy(tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").read_bytes() == b"earlier"


def test_a_slice_is_read_up_to_what_was_written_until_now(tmp_path):
    (tmp_path / "log").write_bytes(b"early")
    piece = Slice.from_now(tmp_path / "log")
    with (tmp_path / "log").open("ab") as stream:
        stream.write(b"late")
    assert piece.read() == b"late"
