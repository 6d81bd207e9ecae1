"""Children that die with us, and strangers that are left alone."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.lab.processes import end_all, end_group, serving


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@linux
def test_the_kernel_ends_a_child_whose_parent_is_killed(eventually):
    code = (
        "import signal, subprocess, sys; from perfkit.lab.processes import die_with_us\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True,\n"
        "                         preexec_fn=die_with_us(signal.SIGKILL))\n"
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    eventually(lambda: not alive(child))


@linux
def test_a_deaf_group_is_killed_with_what_it_started(eventually):
    deaf = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    process = subprocess.Popen(
        ["sh", "-c", deaf],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        grandchild = int(process.stdout.readline())
        end_group(process, signal.SIGTERM, 0.2)
        assert process.returncode == -signal.SIGKILL
        eventually(lambda: not alive(grandchild))


@linux
def test_a_shell_that_only_stands_in_the_folder_is_not_ended(tmp_path):
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as bystander:
        try:
            assert serving(tmp_path) == []
            end_all(tmp_path, patience=0.1)
            assert bystander.poll() is None
        finally:
            bystander.kill()


@linux
def test_a_postgres_without_its_supervisor_is_known_by_its_folder(tmp_path):
    program = tmp_path / "postgres"
    shutil.copy(shutil.which("sleep"), program)
    data = tmp_path / "data"
    data.mkdir()
    with subprocess.Popen([program, "60"], cwd=data) as stray:
        try:
            assert serving(data) == [stray.pid]
            end_all(data, patience=5.0)
            assert stray.wait(timeout=5) == -signal.SIGQUIT
        finally:
            stray.kill()
    assert serving(data) == []
    assert os.getpid() not in serving(Path.cwd())
