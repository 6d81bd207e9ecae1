"""Bad input at every door: one sentence and a hint, nothing half-done, no password anywhere.

The doors are ``perfkit.load`` and the verbs, the magics in a shell, and the command line.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy
from IPython.utils.capture import capture_output

import perfkit
from perfkit.errors import NotConnected, PerfkitError, TargetRefused, UnknownFormat, UsageError
from perfkit.lab import server
from perfkit.lab.launch import python_module

#: Neither labelled nor random-looking: no rule of redaction can guess that it is a password.
SECRET = "quietbattery"
RIGHT = "horsestaple"
LONGEST = 400


def check(error):
    """One sentence with a hint, on one line each."""
    assert isinstance(error, PerfkitError)
    for part in (error.message, error.hint):
        assert part
        assert "\n" not in part
        assert "Traceback" not in part
        assert len(part) <= LONGEST
    assert SECRET not in everything_said(error)
    return error


def everything_said(error):
    """All texts of an exception and of those it came from, shown or suppressed."""
    said, todo = "", [error]
    seen: list[BaseException] = []
    while todo:
        one = todo.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        said += f"{one}\n{one!r}\n{one.args}\n{getattr(one, '__notes__', '')}\n"
        todo += [one.__cause__, one.__context__, getattr(one, "orig", None)]
    return said


def refused(call, *arguments, **options):
    with pytest.raises(PerfkitError) as caught:
        call(*arguments, **options)
    return check(caught.value)


def refused_cell(shell, cell):
    """Run a cell that must fail, without a traceback; return the error."""
    with capture_output() as captured:
        done = shell.run_cell(cell)
    printed = captured.stdout + captured.stderr
    assert SECRET not in printed
    assert "Traceback" not in printed
    error = check(done.error_in_exec)
    assert str(error) in printed
    return error


def refused_command(folder, *arguments):
    """Run the command line, which must refuse; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "perfkit.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    sentence, hint = done.stderr.splitlines()
    assert sentence.startswith("perfkit: ")
    assert hint.startswith("hint: ")
    assert SECRET not in done.stderr
    return sentence


# Files -----------------------------------------------------------------------------------------

REQUEST = {
    "event": "request_finished",
    "timestamp": "2026-03-01T14:00:00Z",
    "method": "GET",
    "route": "/orders",
    "status": 200,
    "duration_ms": 5.0,
}
SPAN = {
    "traceId": "ab" * 16,
    "spanId": "cd" * 8,
    "name": "GET",
    "startTimeUnixNano": "1772373600000000000",
    "endTimeUnixNano": "1772373600100000000",
}
TRACE = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [SPAN]}]}]}


def lines(*values):
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def missing(folder):
    (folder / "requests.jsonl").write_bytes(lines(REQUEST))
    return folder / "request.jsonl"


def empty(folder):
    return written(folder / "empty.log", b"")


def blank(folder):
    return written(folder / "blank.log", b" \n\n\t\n")


def binary(folder):
    return written(folder / "photo.log", bytes(range(256)) * 64)


def unrecognised_directory(folder):
    (folder / "notes").mkdir()
    written(folder / "notes" / "todo.txt", b"buy milk\n")
    written(folder / "notes" / "cat.jpg", bytes(range(256)))
    return folder / "notes"


def empty_directory(folder):
    (folder / "nothing").mkdir()
    return folder / "nothing"


def claimed_twice(folder):
    return written(folder / "both.jsonl", lines(*[REQUEST] * 20, TRACE))


def gzip_of_nothing_but_a_header(folder):
    return written(folder / "cut.log.gz", gzip.compress(lines(REQUEST) * 50)[:14])


def unreadable(folder):
    path = written(folder / "locked.log", lines(REQUEST))
    path.chmod(0)
    return Path("/proc/self/mem") if os.geteuid() == 0 else path  # root may read the locked one


def address(_folder):
    return f"https://me:{SECRET}@logs.invalid/shop.log?token={SECRET}"


def cut_archive(folder):
    path = folder / "incident.perfkit"
    perfkit.load(written(folder / "requests.jsonl", lines(REQUEST) * 500)).save(path)
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


def written(path, data):
    path.write_bytes(data)
    return path


FILES = {
    missing: "there is no such file",
    empty: "is empty",
    blank: "is empty",
    binary: "is a binary file",
    unrecognised_directory: "none of 2 files can be used",
    empty_directory: "the directory holds no file",
    claimed_twice: "may be ",
    gzip_of_nothing_but_a_header: "nothing can be read: the gzip data is cut off",
    unreadable: "cannot be read",
    address: "https:// needs a package",
    cut_archive: "is not a recording, or is damaged",
}


@pytest.fixture(params=FILES, ids=lambda make: make.__name__)
def bad_file(request, tmp_path):
    """A file nobody can load, and what must be said about it."""
    if request.param is unreadable and sys.platform != "linux" and os.geteuid() == 0:
        pytest.skip("root may read every file, and there is no /proc")
    return str(request.param(tmp_path)), FILES[request.param]


def test_load_says_in_a_sentence_what_is_wrong_with_a_file(bad_file):
    path, reason = bad_file
    assert reason in refused(perfkit.load, path).message


def test_a_cell_that_loads_it_fails_and_assigns_nothing(shell, bad_file):
    path, reason = bad_file
    assert reason in refused_cell(shell, f"import perfkit; rec = perfkit.load({path!r})").message
    assert "rec" not in shell.user_ns


def test_the_command_line_refuses_it_and_writes_no_file(tmp_path, bad_file):
    path, reason = bad_file
    before = sorted(tmp_path.rglob("*"))
    for verb in (["load", "-o", "out.perfkit"], ["diagnose", "--format", "html", "-o", "out.html"]):
        assert reason in refused_command(tmp_path, *verb, path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="changes the user")
def test_a_file_of_somebody_else_is_named_with_what_to_check(tmp_path):
    path = written(tmp_path / "locked.log", lines(REQUEST))
    assert perfkit.load(path).contents  # everything is imported before the user changes
    path.chmod(0)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    os.seteuid(65534)
    try:
        error = refused(perfkit.load, path)
    finally:
        os.seteuid(0)
    assert "Permission denied" in error.message
    assert error.hint == "check its permissions"


def test_two_formats_are_told_apart_by_the_hint_as_printed(tmp_path):
    error = refused(perfkit.load, claimed_twice(tmp_path))
    assert isinstance(error, UnknownFormat)
    rec = eval(error.hint.removeprefix("say which: "), {"perfkit": perfkit})
    assert rec.contents


def test_a_gzip_cut_in_the_middle_is_read_so_far_and_the_loss_is_said(tmp_path):
    rows = [REQUEST | {"duration_ms": float(n), "request_id": f"{n:x}"} for n in range(20_000)]
    packed = gzip.compress(lines(*rows))
    path = written(tmp_path / "requests.jsonl.gz", packed[: len(packed) // 2])
    rec = perfkit.load(path)
    assert 5_000 < rec.arrow("requests").num_rows < 15_000
    (note,) = [note for note in rec.quality if note.kind == "truncated"]
    assert "the gzip data is cut off or damaged" in note.message
    assert "\n" not in note.message
    assert "cut off" in repr(rec)
    assert any("cut off" in caveat for caveat in perfkit.baseline(rec).caveats)


# Databases -------------------------------------------------------------------------------------


@pytest.fixture
def own_home():
    parent = Path(tempfile.mkdtemp(prefix="pkb-")).resolve()
    parent.chmod(0o755)
    yield parent / "lab"
    server.stop(parent / "lab")
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="module")
def guarded():
    """A real server on which the role ``guarded`` needs a password; yields its URL's end."""
    parent = Path(tempfile.mkdtemp(prefix="pkb-")).resolve()
    parent.chmod(0o755)
    with server.start(parent / "lab") as lab:
        with psycopg.connect(lab.dsn, autocommit=True) as connection:
            connection.execute(f"create role guarded login password '{RIGHT}'")
            connection.execute("create database guarded owner guarded")
            rules = lab.home / "data" / "pg_hba.conf"
            rules.write_text("local guarded guarded scram-sha-256\n" + rules.read_text())
            connection.execute("select pg_reload_conf()")
        yield lab.home
    shutil.rmtree(parent, ignore_errors=True)


def url(home, password):
    return f"postgresql://guarded:{password}@/guarded?host={quote(str(home))}&port=5432"


def conninfo(home, password):
    return f"host={home} port=5432 user=guarded dbname=guarded password={password}"


@pytest.mark.lab
def test_the_right_password_is_accepted(shell, guarded):
    assert perfkit.explain("select 1", url(guarded, RIGHT)).table is not None
    with capture_output() as captured:
        done = shell.run_cell(f"%perfkit connect prod {conninfo(guarded, RIGHT)}")
    assert done.success
    assert RIGHT not in captured.stdout + captured.stderr
    with contextlib.suppress(KeyError):
        shell.user_ns.pop("prod")


@pytest.mark.lab
@pytest.mark.parametrize("as_engine", [False, True])
@pytest.mark.parametrize("verb", ["explain", "index_audit"])
def test_a_wrong_password_is_said_by_every_verb_and_shown_by_none(guarded, verb, as_engine):
    target = url(guarded, SECRET)
    if as_engine:
        target = sqlalchemy.create_engine(target.replace("://", "+psycopg://", 1))
    arguments = ("select 1", target) if verb == "explain" else (target,)
    error = refused(getattr(perfkit, verb), *arguments)
    assert isinstance(error, NotConnected)
    assert "password authentication failed" in error.message
    if as_engine:
        target.dispose()


@pytest.mark.lab
@pytest.mark.parametrize("text", [url, conninfo])
def test_a_wrong_password_fails_the_cell_and_no_alias_is_kept(shell, guarded, text):
    error = refused_cell(shell, f"%perfkit connect prod {text(guarded, SECRET)}")
    assert isinstance(error, NotConnected)
    assert "password authentication failed" in error.message
    refused_cell(shell, "%%explain prod\nselect 1")
    with capture_output() as captured:
        shell.run_line_magic("perfkit", "")
    assert "connected: nothing" in captured.stdout


@pytest.mark.lab
def test_an_engine_of_the_notebook_with_a_wrong_password_fails_the_cell(shell, guarded):
    made = sqlalchemy.create_engine(url(guarded, SECRET).replace("://", "+psycopg://", 1))
    shell.user_ns["prod"] = made
    error = refused_cell(shell, "%%explain prod -o plan\nselect 1")
    assert "password authentication failed" in error.message
    assert "plan" not in shell.user_ns
    made.dispose()


@pytest.mark.parametrize(
    "target",
    [
        f"postgresql://me:{SECRET}@db.invalid:port/shop",
        f"postgresql://me:x/{SECRET}@db.invalid/shop",
        f"postgresql://me:x:{SECRET}@db.invalid:5432/shop",
        f"nosuchdatabase://me:{SECRET}@db.invalid/shop",
        f"postgresql+nodriver://me:{SECRET}@db.invalid/shop",
        f"postgresql://me:{SECRET}@db.invalid/shop?nosuchoption=1",
        f"postgresql://me:{SECRET}@db.invalid/shop",
    ],
)
def test_a_url_that_leads_nowhere_gives_no_password_away(shell, target):
    refused(perfkit.explain, "select 1", target)
    refused(perfkit.index_audit, target)
    refused_cell(shell, f"%perfkit connect prod {target}")


@pytest.mark.parametrize(
    "text",
    [
        f"host=db.invalid password=x {SECRET}",
        f"host=db.invalid password='{SECRET}",
        f"host=db.invalid pasword={SECRET}",
        f"host=db.invalid password={SECRET}",
    ],
)
def test_a_conninfo_that_leads_nowhere_gives_no_password_away(shell, text):
    refused_cell(shell, f"%perfkit connect prod {text}")
    refused_cell(shell, f'%perfkit connect prod "{text}"')


@pytest.mark.lab
@pytest.mark.parametrize("how", ["connected before", "joined as lab"])
def test_a_database_that_was_stopped_meanwhile_is_said_and_may_come_back(
    shell, own_home, monkeypatch, how
):
    monkeypatch.setenv("PERFKIT_LAB_HOME", str(own_home))
    with server.start(own_home) as lab:
        made = sqlalchemy.create_engine(lab.url())
        name = "prod" if how == "connected before" else "made"
        shell.user_ns["made"] = made
        if name == "prod":
            assert shell.run_cell("%perfkit connect prod made").success
        assert shell.run_cell(f"%%explain {name}\nselect 1").success
        assert server.stop(own_home)
    for _ in range(2):  # a connection that was open, and then a new one
        error = refused_cell(shell, f"%%explain {name} -o plan\nselect 1")
        assert isinstance(error, NotConnected)
        assert "plan" not in shell.user_ns
    error = refused(perfkit.index_audit, made)
    assert isinstance(error, NotConnected)
    assert made.pool.checkedout() == 0
    made.dispose()
    assert not own_home.exists()


# Requests and ports ----------------------------------------------------------------------------


def test_a_host_that_does_not_resolve_is_said_without_the_urls_secrets(shell):
    target = f"GET http://me:{SECRET}@shop.invalid/orders?token={SECRET}"
    refused(perfkit.timeapi, target, allow_remote=True, n=1)
    refused_cell(shell, f"%timeapi --allow-remote -n 1 -o timed {target}")
    refused_cell(shell, f"%%timeapi --allow-remote -n 1 -o timed\n{target}\nX-Api-Key: {SECRET}")
    plain = refused(perfkit.timeapi, "GET http://shop.invalid/orders", allow_remote=True, n=1)
    assert (plain.message, type(plain)) == (
        "shop.invalid: the name cannot be resolved",
        NotConnected,
    )
    assert "timed" not in shell.user_ns


def test_another_machine_is_not_touched_unasked(shell):
    error = refused_cell(shell, f"%timeapi GET http://192.0.2.1/orders?token={SECRET}")
    assert isinstance(error, TargetRefused)


def test_a_port_that_somebody_else_uses_is_said(shell):
    """A server that is not ours sits on the port, and does not talk HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"220 mail.example ESMTP ready\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        error = refused_cell(shell, f"%timeapi -n 1 GET http://127.0.0.1:{port}/")
        assert "answers with something that is not HTTP" in error.message
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    error = refused_cell(shell, f"%timeapi -n 1 GET http://127.0.0.1:{port}/")
    assert "refused the connection" in error.message


@pytest.mark.lab
@pytest.mark.timeout(90)
def test_make_lab_with_its_port_in_use_says_so_and_stops_the_lab(own_home, tmp_path):
    folders = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = {
            **os.environ,
            **{f"JUPYTER_{name}": str(tmp_path / name) for name in folders},
            "JUPYTER_PORT": port,
            "JUPYTER_PORT_RETRIES": "0",
            "PERFKIT_LAB_HOME": str(own_home),
            "PERFKIT_PG_BIN": "/nonexistent",  # without the lab, which would take seconds more
        }
        done = subprocess.run(
            python_module("perfkit.lab.jupyter"),
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=80,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} is not available" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    sentence, hint = done.stdout.splitlines()[-2:]
    assert sentence == "make lab: JupyterLab ended with status 1, for the reason it gives above"
    assert hint.startswith("hint: ")
    assert "JUPYTER_PORT=" in hint
    assert not own_home.exists()


@pytest.mark.parametrize("option", ["--timeout soon", "--nosuch", "-n many", "-p novalue"])
def test_a_mistyped_option_is_one_sentence(shell, option):
    error = refused_cell(shell, f"%timeapi {option} GET http://127.0.0.1:1/")
    assert isinstance(error, UsageError)
