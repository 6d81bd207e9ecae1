import io
import zipfile
from pathlib import Path

import pytest

from perfkit.errors import InputError, MissingExtra, UsageError
from perfkit.ingest.found import Found, find, unzipped


def content(found):
    with found.opened() as stream:
        return stream.read()


@pytest.fixture
def folder(tmp_path):
    for name in ("b.log", "a.log", ".hidden", "c.json"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "d.log").write_bytes(b"deep")
    return tmp_path


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_one_given_input(folder, kind):
    (found,) = find(kind(folder / "a.log"))
    assert (found.name, found.given, content(found)) == (str(folder / "a.log"), True, b"a.log")


def test_a_directory_is_its_visible_files_in_order(folder):
    found = find(folder)
    assert [Path(one.name).name for one in found] == ["a.log", "b.log", "c.json"]
    assert not any(one.given for one in found)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("**/*.log", ["a.log", "b.log", "d.log"]),
        ("[c]*", ["c.json"]),
    ],
)
def test_a_pattern_is_its_files_in_order(folder, pattern, names):
    assert sorted(Path(one.name).name for one in find(str(folder / pattern))) == names


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    (tmp_path / "a[1].log").write_bytes(b"x")
    (found,) = find(tmp_path / "a[1].log")
    assert content(found) == b"x"


def test_the_home_directory_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.log").write_bytes(b"x")
    (found,) = find("~/x.log")
    assert content(found) == b"x"


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("a.lgo", "there is no such file", "did you mean"),
        ("zzzzzz", "there is no such file", "check the path"),
        ("*.csv", "no file matches", "check the pattern"),
        ("no/such/a.log", "there is no such file", "check the path"),
        ("a\0b", "there is no such file|cannot be read", "check the"),
        ("x" * 5000, "cannot be read", "check the file"),
    ],
)
def test_what_is_not_there_is_a_sentence_with_a_hint(folder, name, said, hint):
    with pytest.raises(InputError, match=said) as error:
        find(f"{folder}/{name}")
    assert hint in error.value.hint
    assert len(error.value.message) < 400
    assert "\0" not in str(error.value)


def test_text_and_addresses_are_told_from_paths():
    with pytest.raises(InputError, match="the text is no path") as error:
        find("2026-11-21 LOG: x\nsecond line")
    assert "StringIO" in error.value.hint
    with pytest.raises(MissingExtra, match="s3:// needs a package"):
        find("s3://bucket/x.log")


def test_an_empty_directory_says_how_to_look_further_down(tmp_path):
    (tmp_path / "below").mkdir()
    with pytest.raises(InputError, match="holds no file") as error:
        find(tmp_path)
    assert "**" in error.value.hint


@pytest.mark.parametrize(
    ("item", "said", "hint"),
    [(b"log", "not bytes", "BytesIO"), (None, "not NoneType", "perfkit.load"), (5, "not int", "")],
)
def test_what_is_no_input_is_a_usage_error(item, said, hint):
    with pytest.raises(UsageError, match=said) as error:
        find(item)
    assert hint in error.value.hint


def test_streams_stay_open_and_have_a_visible_name():
    stream = io.BytesIO(b"x")
    (found,) = find(stream)
    assert (found.name, content(found), stream.closed) == ("<stream>", b"x", False)
    stream.name = "evil\x1b[2J"
    assert "\x1b" not in find(stream)[0].name
    stream.name = 7  # as os.fdopen has it
    assert find(stream)[0].name == "<stream>"


def test_a_text_file_is_read_as_bytes_from_where_it_stands(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("first\nsecond é\n", encoding="utf-8")
    with path.open(encoding="utf-8") as stream:
        stream.readline()
        (found,) = find(stream)
        assert content(found) == "second é\n".encode()


def test_first_bytes_touch_files_only(folder):
    assert find(folder / "a.log")[0].first_bytes(3) == b"a.l"
    stream = io.BytesIO(b"abc")
    assert find(stream)[0].first_bytes(3) == b""
    assert stream.tell() == 0


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("b/2.log", "two")
        packed.writestr("a.log", "one")
        packed.writestr("folder/", "")
    return path


def test_a_zip_is_its_files_in_order(archive):
    found = unzipped(find(archive)[0])
    assert [one.name for one in found] == [f"{archive}/a.log", f"{archive}/b/2.log"]
    assert [content(one) for one in found] == [b"one", b"two"]
    assert found[0].first_bytes(4) == b""
    assert not found[0].given


def test_other_files_are_not_unzipped(folder):
    (found,) = find(folder / "a.log")
    assert unzipped(found) == [found]


def test_broken_zips_and_members_are_a_sentence(tmp_path, archive):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(InputError, match="cannot be read"):
        unzipped(find(broken)[0])
    data = bytearray(archive.read_bytes())
    data[6] |= 1  # encrypted, says the first member
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    archive.write_bytes(bytes(data))
    with pytest.raises(InputError, match="cannot be read"):
        content(Found(name="x", path=archive, member="b/2.log"))


def test_a_file_that_vanished_is_a_sentence(folder):
    (found,) = find(folder / "a.log")
    (folder / "a.log").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        content(found)


def test_a_member_that_expands_suspiciously_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.log", b" " * (65 << 20))
    (member,) = unzipped(Found(name="x.zip", path=path))
    with pytest.raises(InputError, match="expands to more than 300 times"), member.opened():
        pass


def test_of_two_members_with_one_name_the_last_is_read(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.log", b"old")
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("a.log", b"new")
    (member,) = unzipped(Found(name="x.zip", path=path))
    with member.opened() as stream:
        assert stream.read() == b"new"
