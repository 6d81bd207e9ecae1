"""Ctrl-C, SIGTERM and SIGKILL at bad moments: whatever was started ends, nothing is half-written.

Real processes only. Each test has a lab home, a folder for temporary files and an output folder
of its own; who touches them is looked up in /proc.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

import perfkit
from perfkit.lab import server

pytestmark = [
    pytest.mark.lab,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

#: So long may it take until nothing of a killed process is left.
GONE_S = 15.0
SCALE = "0.02"
INTERRUPTED = 130
# The demo with a story of a second instead of half a minute: the same code, less load.
SHORT_DEMO = (
    "import sys; from perfkit.lab.lab import Lab; whole = Lab.record\n"
    "Lab.record = lambda lab, folder: whole(lab, folder, requests=4, seconds=1)\n"
    "from perfkit.cli import main; sys.exit(main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Place:
    """Everything that one test's processes may touch lies in ``parent``."""

    parent: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    environment_extra: dict[str, str] = field(default_factory=dict)

    @property
    def home(self):
        return self.parent / "lab"

    @property
    def temporary(self):
        return self.parent / "tmp"

    @property
    def output(self):
        return self.parent / "out"

    @property
    def environment(self):
        folders = {
            "PERFKIT_LAB_HOME": self.home,
            "TMPDIR": self.temporary,
            "IPYTHONDIR": self.parent / "ipython",
            "JUPYTER_RUNTIME_DIR": self.parent / "runtime",
            "JUPYTER_CONFIG_DIR": self.parent / "config",
        }
        named = {name: str(folder) for name, folder in folders.items()}
        return os.environ | named | self.environment_extra

    def start(self, *command, cwd=None):
        process = subprocess.Popen(
            [sys.executable, *command],
            env=self.environment,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a signal that a test forgets to address hits nobody else
        )
        self.started.append(process)
        return process

    def processes(self):
        """Whoever names the folder in its command or environment, or works below it."""
        return [int(e.name) for e in Path("/proc").iterdir() if e.name.isdigit() and self._has(e)]

    def _has(self, entry):
        named = os.fsencode(self.parent)
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            return named in told or os.fsencode((entry / "cwd").readlink()).startswith(named)
        except OSError:
            return False

    def assert_nothing_is_left(self, patience=GONE_S):
        wait_until(lambda: not self.processes(), patience, "processes are left")
        wait_until(lambda: not self.home.exists(), patience, "the lab's folder is left")
        assert [p.name for p in self.temporary.iterdir() if "perfkit" in p.name] == []


def wait_until(condition, patience=30.0, what="it did not become true"):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} after {patience} s"
        time.sleep(0.02)


@pytest.fixture
def place():
    parent = Path(tempfile.mkdtemp(prefix="pki-")).resolve()
    parent.chmod(0o755)  # the server's user may be another than ours
    made = Place(parent)
    made.temporary.mkdir(mode=0o777)
    made.temporary.chmod(0o1777)
    made.output.mkdir()
    yield made
    for process in made.started:  # only after a failed test is one alive
        process.kill()
        with process:
            pass
    server.stop(made.home)
    for pid in made.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(parent, ignore_errors=True)


def finished(process, patience=30):
    """Wait for a process; one that hangs is ended, and the test fails."""
    try:
        return process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        output = process.communicate(timeout=10)
        pytest.fail(f"the process did not end: {output}")


def drafts(folder):
    return [path.name for path in folder.rglob(".*")]


# Reading ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def big_log(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "postgresql.log"
    line = "2026-03-01 14:00:{:02}.{:03} UTC [7] u@d/app LOG:  duration: {}.5 ms  statement: "
    line += "select * from orders where id = {}\n"
    block = "".join(line.format(n % 60, n % 1000, n % 90, n) for n in range(100_000)).encode()
    with path.open("wb") as stream:
        for _ in range(20):
            stream.write(block)
    yield path
    path.unlink()


def position(process, path):
    """How far ``process`` has read ``path``, in bytes."""
    descriptors = Path(f"/proc/{process.pid}/fd")
    told = ["pos: 0"]
    with contextlib.suppress(OSError):
        mine = [each.name for each in descriptors.iterdir() if each.readlink() == path]
        told += [(descriptors.parent / "fdinfo" / name).read_text() for name in mine]
    return max(int(text.split()[1]) for text in told)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_reading_leaves_no_recording_and_no_process(place, big_log, signum):
    whole = big_log.stat().st_size
    target = place.output / "out.perfkit"
    target.write_text("an older recording")
    process = place.start("-m", "perfkit.cli", "load", str(big_log), "-o", str(target))
    wait_until(lambda: position(process, big_log) > whole / 10)
    process.send_signal(signum)
    stdout, stderr = finished(process, 10)
    if signum == signal.SIGINT:
        assert process.returncode == INTERRUPTED
        assert stderr.startswith("perfkit: interrupted")
    assert process.returncode != 0
    assert (stdout, "Traceback" in stderr) == ("", False), stderr
    assert target.read_text() == "an older recording"
    assert [path.name for path in place.output.iterdir()] == ["out.perfkit"]
    place.assert_nothing_is_left()


# The demo --------------------------------------------------------------------------------------

_STARTING = "start the lab"
_RECORDING = "record a launch"
_NOTEBOOKS = "execute the guided notebooks"


def demo_at(place, step, seconds):
    """Start the demo and return it ``seconds`` after it began ``step``."""
    process = place.start("-c", SHORT_DEMO, "demo", "--scale", SCALE, "-o", str(place.output))
    said = b""
    os.set_blocking(process.stdout.fileno(), False)

    def began():
        nonlocal said
        said += os.read(process.stdout.fileno(), 65536) if process.poll() is None else b""
        assert process.poll() is None, (said, process.stderr.read())
        return step.encode() in said

    def listening():
        with contextlib.suppress(BlockingIOError):
            return began()
        return False

    wait_until(listening, 60, f"{step!r} did not begin")
    os.set_blocking(process.stdout.fileno(), True)
    time.sleep(seconds)
    assert process.poll() is None, "it was over before the signal"
    return process


def assert_whole_or_absent(output):
    """What the demo leaves can be used; a second demo may write into the same folder."""
    assert not (output / "report.html").exists()
    assert drafts(output) == []
    for notebook in output.glob("notebooks/*.ipynb"):
        assert json.loads(notebook.read_text())["cells"]
    if (output / "launch.perfkit").exists():
        assert perfkit.load(output / "launch.perfkit").contents
    recording = output / "recording"
    if recording.exists() and any(recording.iterdir()):
        assert json.loads((recording / "story.json").read_text())["phases"]


@pytest.mark.parametrize(
    ("step", "seconds"),
    [
        (_STARTING, 0.05),
        (_STARTING, 0.7),
        (_STARTING, 1.8),
        (_RECORDING, 0.6),
        (_NOTEBOOKS, 0.3),
        (_NOTEBOOKS, 2.5),
    ],
)
def test_ctrl_c_ends_the_demo_and_all_it_started(place, step, seconds):
    process = demo_at(place, step, seconds)
    process.send_signal(signal.SIGINT)
    stdout, stderr = finished(process)
    assert process.returncode == INTERRUPTED, stderr
    assert stderr == "perfkit: interrupted, everything it started was stopped\n"
    assert stdout.endswith("failed\n")
    place.assert_nothing_is_left()
    assert_whole_or_absent(place.output)


@pytest.mark.parametrize(
    ("step", "seconds", "signum"),
    [(_RECORDING, 0.6, signal.SIGTERM), (_NOTEBOOKS, 2.5, signal.SIGKILL)],
)
def test_a_demo_that_is_killed_leaves_nothing_behind(place, step, seconds, signum):
    process = demo_at(place, step, seconds)
    process.send_signal(signum)
    finished(process)
    assert process.returncode != 0
    place.assert_nothing_is_left()
    assert_whole_or_absent(place.output)


def test_jupyterlab_ends_with_make_lab_however_that_ends(place):
    """Without a database: then the same command runs on recorded data."""
    place.environment_extra["PERFKIT_PG_BIN"] = "/nonexistent"
    process = place.start("-m", "perfkit.lab.jupyter", cwd=place.output)
    runtime = place.parent / "runtime"
    wait_until(lambda: list(runtime.glob("jpserver-*.json")), 60, "JupyterLab did not start")
    process.kill()
    place.assert_nothing_is_left()


# Magics in a kernel ----------------------------------------------------------------------------


class Kernel:
    """A real IPython kernel with perfkit loaded."""

    def __init__(self, place):
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(
            kernel_name="python3",
            env=place.environment,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        assert self.run("%load_ext perfkit")["status"] == "ok"

    def run(self, code, timeout=60):
        return self.answer(self.client.execute(code), timeout)

    def answer(self, message, timeout=60):
        """Return the reply to a cell."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message:
                return reply["content"]
        pytest.fail("the kernel did not answer")

    def interrupted(self, code, ready):
        """Run a cell, interrupt it once ``ready()``, and return the reply."""
        message = self.client.execute(code)
        wait_until(ready, 30, "the cell did not get to work")
        self.manager.interrupt_kernel()
        return self.answer(message, 15)

    def shown(self, code):
        """Return the value of an expression, as text."""
        reply = self.client.execute("", user_expressions={"it": code})
        return self.answer(reply)["user_expressions"]["it"]["data"]["text/plain"]

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel(place):
    made = Kernel(place)
    yield made
    made.close()


@contextlib.contextmanager
def looking(place, database="shop"):
    """What the server's sessions do, seen from outside."""
    folder = server.status(place.home).home
    with psycopg.connect(
        host=str(folder), user="postgres", dbname=database, autocommit=True
    ) as connection:

        def states(pattern="%", application="perfkit"):
            query = (
                "select state from pg_stat_activity where query like %s and application_name = %s"
                " and pid <> pg_backend_pid()"
            )
            return [row[0] for row in connection.execute(query, (pattern, application)).fetchall()]

        yield states


def test_ctrl_c_in_a_magic_stops_the_work_on_the_server_and_the_connection_stays_usable(
    place, kernel
):
    assert kernel.run(f"%perfkit --scale {SCALE} lab start")["status"] == "ok"
    with looking(place) as states:
        reply = kernel.interrupted(
            "%%explain lab -o result\nselect pg_sleep(60)", lambda: "active" in states("%pg_sleep%")
        )
        assert reply["ename"] == "KeyboardInterrupt"
        wait_until(lambda: not {"active", "idle in transaction"} & set(states()), 5)
        assert kernel.shown("'result' in dir()") == "False"
        assert kernel.run("%%explain lab\nselect count(*) from orders")["status"] == "ok"
        assert set(states()) <= {"idle"}
    assert kernel.shown("lab.engine.pool.checkedout()") == "0"


def test_ctrl_c_in_timeapi_closes_its_connection_at_once(place, kernel):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        taken = []

        def asked():
            connection, _ = listener.accept()
            taken.append(connection)
            connection.settimeout(10)
            return connection.recv(65536).startswith(b"GET /slow ")

        port = listener.getsockname()[1]
        reply = kernel.interrupted(
            f"%%timeapi --timeout 60s -o result\nGET http://127.0.0.1:{port}/slow", asked
        )
        assert reply["ename"] == "KeyboardInterrupt"
        assert taken[0].recv(65536) == b"", "the connection is closed, not left to time out"
        taken[0].close()
    assert kernel.shown("'result' in dir()") == "False"
    assert kernel.run("1 + 1")["status"] == "ok"


def test_ctrl_c_in_profile_endpoint_leaves_no_thread_and_no_hook(place, kernel):
    app = (
        "import asyncio, threading, pathlib\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'http':\n"
        f"        pathlib.Path({str(place.output / 'called')!r}).touch()\n"
        "        await asyncio.sleep(60)\n"
    )
    assert kernel.run(app)["status"] == "ok"
    threads = kernel.shown("threading.active_count()")
    reply = kernel.interrupted(
        "%profile_endpoint --app app -o result GET /slow", (place.output / "called").exists
    )
    assert reply["ename"] == "KeyboardInterrupt"
    assert kernel.shown("'result' in dir()") == "False"
    assert kernel.shown("threading.active_count()") == threads


def kill(kernel):
    """SIGKILL: nothing in the kernel can tidy up."""
    kernel.manager.provisioner.process.kill()
    kernel.manager.provisioner.process.wait(10)


def test_a_killed_kernel_takes_its_lab_along(place, kernel):
    assert kernel.run(f"%perfkit --scale {SCALE} lab start")["status"] == "ok"
    assert set(server.status(place.home).children) == {"peers", "shop"}
    assert len(place.processes()) > 5
    kernel.client.execute("%%explain lab\nselect pg_sleep(60)")
    with looking(place) as states:
        wait_until(lambda: "active" in states("%pg_sleep%"))
    kill(kernel)
    place.assert_nothing_is_left()


@pytest.mark.parametrize("seconds", [0.2, 0.9, 1.6])
def test_a_kernel_killed_while_the_lab_starts_leaves_nothing_behind(place, kernel, seconds):
    kernel.client.execute(f"%perfkit --scale {SCALE} lab start")
    wait_until(place.home.exists)
    time.sleep(seconds)
    kill(kernel)
    place.assert_nothing_is_left()


def test_ctrl_c_while_the_lab_starts_lets_it_go(place, kernel):
    message = kernel.client.execute(f"%perfkit --scale {SCALE} lab start")
    wait_until(lambda: server.status(place.home).running)
    kernel.manager.interrupt_kernel()
    assert kernel.answer(message)["ename"] == "KeyboardInterrupt"
    wait_until(lambda: not place.home.exists(), GONE_S)
    assert kernel.run(f"%perfkit --scale {SCALE} lab start")["status"] == "ok"
