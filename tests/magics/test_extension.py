import subprocess
import sys
import warnings

import pytest
from IPython.utils.capture import capture_output

from perfkit.errors import PerfkitError

MAGICS = ("explain", "timeapi", "profile_endpoint", "perfkit")


def test_every_magic_is_a_line_and_a_cell_magic_with_help(shell):
    for name in MAGICS:
        for kind in ("line", "cell"):
            function = shell.find_magic(name, kind)
            assert function is not None
            assert "Options:" in function.__doc__
            assert "Examples:" in function.__doc__


def test_unload_leaves_nothing_behind(shell):
    before_hooks = dict(shell.strdispatchers["complete_command"].strs)
    assert any("timeapi" in key for key in before_hooks)
    shell.run_line_magic("unload_ext", "perfkit")
    for name in MAGICS:
        assert shell.find_line_magic(name) is None
        assert shell.find_cell_magic(name) is None
    assert not any("timeapi" in key for key in shell.strdispatchers["complete_command"].strs)
    assert not any(type(item).__name__ == "Perfkit" for item in shell.configurables)


def test_reload_works(shell):
    shell.run_line_magic("reload_ext", "perfkit")
    assert shell.find_line_magic("perfkit") is not None
    assert sum(type(item).__name__ == "Perfkit" for item in shell.configurables) == 1


@pytest.mark.parametrize("prefix", ["%", "%%"])
def test_options_complete(shell, prefix):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython's own completer API is provisional
        found = [
            c.text
            for c in shell.Completer.completions(f"{prefix}timeapi --t", 12 + len(prefix) - 1)
        ]
    assert any("timeout" in text for text in found)


@pytest.mark.parametrize("name", MAGICS)
def test_dash_h_prints_help(shell, name):
    with capture_output() as captured:
        shell.run_line_magic(name, "-h")
    assert "Options:" in captured.stdout


def test_a_users_mistake_fails_the_cell_without_a_traceback(shell):
    with capture_output() as captured:
        done = shell.run_cell("%explain SELECT 1")
    assert isinstance(done.error_in_exec, PerfkitError)
    printed = captured.stdout + captured.stderr
    assert "no database is connected" in printed
    assert "hint:" in printed
    assert "Traceback" not in printed


def test_tracebacks_come_back_on_request(shell):
    shell.run_line_magic("config", "Perfkit.tracebacks = True")
    try:
        with capture_output() as captured:
            shell.run_cell("%explain SELECT 1")
        assert "Traceback" in captured.stdout + captured.stderr
    finally:
        shell.run_line_magic("config", "Perfkit.tracebacks = False")


def test_perfkit_shows_what_is_connected_and_what_to_do_next(shell):
    with capture_output() as captured:
        shell.run_line_magic("perfkit", "")
    assert "connected: nothing" in captured.stdout
    assert "next:" in captured.stdout


def test_a_password_never_comes_back_in_an_error(shell):
    secret = "s3cr3t-w0rd"
    with capture_output() as captured:
        shell.run_cell(f"%perfkit connect prod postgresql://me:{secret}@127.0.0.1:1/shop")
        shell.run_cell(f"%perfkit connect prod nonsense://me:{secret}@127.0.0.1:1/shop")
        shell.run_cell(f"%perfkit connect prod host=127.0.0.1 port=1 password={secret}")
    printed = captured.stdout + captured.stderr
    assert secret not in printed
    assert printed.count("hint:") == 3


def test_loading_the_extension_imports_neither_pandas_nor_plotly_nor_sqlalchemy():
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import sys; shell = InteractiveShell.instance(); before = set(sys.modules)\n"
        "shell.run_line_magic('load_ext', 'perfkit')\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new))\n"
        "heavy = {'pandas', 'plotly', 'sqlalchemy', 'pyarrow', 'numpy', 'ipywidgets', 'urllib3'}\n"
        "sys.exit(bool(new & heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
