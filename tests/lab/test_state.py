"""The state folder: private, locked by the living, remembered for the dead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.errors import LabError
from perfkit.lab.state import Home, check_socket_path, find_home


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "h")
    home.prepare()
    return home


def test_the_folder_is_made_for_this_user_alone(home):
    assert home.path.stat().st_mode & 0o777 == 0o700
    home.prepare()


def test_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(LabError, match="is not a folder"):
        find_home(tmp_path / "link")


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="is not a folder"):
        Home(tmp_path / "file").prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused(home):
    os.chown(home.path, 65534, 65534)
    with pytest.raises(LabError, match="belongs to another user"):
        find_home(home.path)


def test_a_folder_open_to_others_is_refused_with_the_command_to_close_it(home):
    home.path.chmod(0o750)
    with pytest.raises(LabError, match="open to other users") as caught:
        home.prepare()
    assert caught.value.hint == f"chmod 700 {home.path}"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    with pytest.raises(LabError, match="No such file or directory"):
        Home(tmp_path / "missing" / "h").prepare()


def test_a_path_too_long_for_a_socket_says_so(tmp_path):
    check_socket_path(Path("/" + "x" * 100))
    with pytest.raises(LabError, match="too long for the name of a socket") as caught:
        Home(tmp_path / ("x" * 100)).prepare()
    assert "PERFKIT_LAB_HOME" in caught.value.hint


def test_the_lock_is_free_again_when_its_holder_is_killed(home):
    code = (
        "import sys, pathlib; from perfkit.lab.state import Home\n"
        "fd = Home(pathlib.Path(sys.argv[1])).take_lock(); print(fd, flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.path)],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline().strip().isdigit()
        assert home.busy()
        assert home.take_lock(patience=0.1) is None
        holder.kill()
        holder.wait(timeout=10)
    assert not home.busy()


def test_a_lock_on_a_removed_file_locks_nobody_out(home):
    old = home.take_lock()
    home.lock.unlink()
    fresh = home.take_lock()
    assert fresh is not None
    assert home.busy()
    os.close(old)
    os.close(fresh)


def test_the_record_is_recalled_and_a_broken_one_is_none(home):
    home.remember(root="/somewhere", pid=1)
    assert home.recall() == {"root": "/somewhere", "pid": 1}
    for broken in ("", "{", "[1]", '"text"', "\0"):
        home.record.write_text(broken)
        assert home.recall() == {}
    home.record.unlink()
    assert home.recall() == {}


def test_removing_takes_our_own_files_only(home):
    home.remember(root="x")
    home.log.touch()
    mine = home.path / "mine"
    mine.touch()
    home.remove()
    assert list(home.path.iterdir()) == [mine]
    mine.unlink()
    home.remove()
    assert not home.path.exists()


def test_the_folder_is_named_by_argument_then_variable_then_system(tmp_path, monkeypatch):
    monkeypatch.setenv("PERFKIT_LAB_HOME", str(tmp_path / "variable"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert find_home(tmp_path / "argument") == Home(tmp_path / "argument")
    assert find_home() == Home(tmp_path / "variable")
    monkeypatch.delenv("PERFKIT_LAB_HOME")
    assert find_home() == Home(tmp_path / f"perfkit-lab-{os.getuid()}", volatile=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert find_home() == Home(tmp_path / f"perfkit-lab-{os.getuid()}")


def test_a_relative_folder_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_home("h").path == tmp_path / "h"
