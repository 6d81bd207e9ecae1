"""Arrows between the rooms point one way (CONTRIBUTING.md draws them)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "perfkit"

#: Rooms from the ground up: a module imports from its own floor and from those below.
FLOORS = [
    {"errors", "units", "budget", "fingerprint", "statistics", "redact", "redact_rules"}
    | {
        "fingerprinted",
        "sql_tokens",
        "sql_shape",
        "sql_fold",
        "sql_squeeze",
        "sql_lists",
        "sql_names",
        "sketch",
    }
    | {"visible", "files", "pandas_later", "routes", "routing"},
    {"tables", "keep"},
    {"clock", "selection", "archive", "overview", "recording", "results", "sources"}
    | {
        "event_details",
        "truncated_statements",
        "pool_waits",
        "span_tree",
        "span_ids",
        "span_attributes",
    }
    | {"self_time", "trace_faults", "span_joining", "told_twice"},
    {"formats", "plans"},
    {"ingest", "probes", "analyses"},
    {"tasks"},
    {"views"},
    {"magics", "widgets", "guide", "lab", "share", "shipped", "__main__"}
    | {"cli", "cli_explain", "cli_verbs"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: Neighbours on one floor that still do not see each other.
APART = {
    ("analyses", "probes"),
    ("analyses", "ingest"),
    ("analyses", "formats"),
    ("formats", "analyses"),
    ("probes", "analyses"),
    ("probes", "ingest"),
    ("ingest", "analyses"),
    ("ingest", "probes"),
    ("plans", "formats"),
}
#: Package from outside -> where it may be imported.
OUTSIDE = {
    "plotly": ("views/",),
    "IPython": ("magics/", "widgets/", "views/notebook.py"),
    "ipywidgets": ("magics/", "widgets/", "views/notebook.py"),
    "traitlets": ("magics/", "widgets/", "views/notebook.py"),
    "fastapi": ("lab/",),
}


def imported(source, package):
    """Return (dotted name, for type checking only) of every import; ``package`` is where it is."""
    tree = ast.parse(source)
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, node in typing_only) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (base, node.module) if part)
            found |= {(f"{base}.{alias.name}", node in typing_only) for alias in node.names}
    return found


def faults(path, source):
    """Return what is wrong with the imports of the module at ``path`` (below perfkit/)."""
    parts = ["perfkit", *Path(path).with_suffix("").parts]
    room = parts[1]
    wrong = []
    for name, typing_only in sorted(imported(source, parts[:-1])):
        top, *rest = name.split(".")
        if top == "perfkit" and rest and rest[0] in FLOOR:
            if FLOOR[rest[0]] > FLOOR[room] or (room, rest[0]) in APART:
                wrong.append(f"{path}: {room} imports {name}")
        elif not typing_only and not path.startswith(OUTSIDE.get(top, ("",))):
            wrong.append(f"{path}: imports {name}")
    return wrong


MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py" and "_shipped" not in path.parts
)


@pytest.mark.parametrize("path", MODULES)
def test_no_import_runs_back(path):
    assert faults(path, (PACKAGE / path).read_text(encoding="utf-8")) == []


def test_every_room_has_its_floor():
    rooms = {Path(path).with_suffix("").parts[0] for path in MODULES}
    assert rooms <= set(FLOOR), "draw the new room in FLOORS and in CONTRIBUTING.md"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tables.py", "from perfkit.recording import Recording"),
        ("tables.py", "from perfkit import recording"),
        ("tables.py", "def f():\n    import perfkit.recording"),
        ("tables.py", "if TYPE_CHECKING:\n    from perfkit.recording import Recording"),
        ("analyses/pool.py", "from perfkit.formats import model"),
        ("analyses/pool.py", "from ..probes import pool_watch"),
        ("analyses/deep/pool.py", "from ...probes import pool_watch"),
        ("formats/logs/a.py", "from perfkit.analyses.pool import pool"),
        ("results.py", "from perfkit.views import text"),
        ("views/pool.py", "import perfkit.magics.timeapi"),
        ("analyses/pool.py", "import plotly.graph_objects as go"),
        ("views/html.py", "from IPython.display import display"),
        ("tasks/timeapi.py", "import ipywidgets"),
        ("cli.py", "def f():\n    from fastapi import FastAPI"),
    ],
)
def test_an_arrow_that_runs_back_is_found(path, source):
    assert len(faults(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("recording.py", "from perfkit import clock, tables"),
        ("analyses/deep/pool.py", "from .. import statements"),
        ("analyses/pool.py", "if TYPE_CHECKING:\n    import plotly.graph_objects as go"),
        ("views/notebook.py", "from IPython.display import display"),
        ("views/pool.py", "import plotly.graph_objects as go"),
        ("lab/shop/app.py", "from fastapi import FastAPI"),
        ("cli.py", "from perfkit import load, __version__"),
    ],
)
def test_an_arrow_that_points_down_is_fine(path, source):
    assert faults(path, source) == []


def modules_after(code):
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


HEAVY = {"pandas", "plotly", "scipy", "IPython", "ipywidgets", "sqlalchemy", "fastapi"}
NETWORK = {"socket", "ssl", "urllib.request", "http.client", "psycopg", "asyncio"}


def test_importing_perfkit_loads_nothing_heavy_and_no_network():
    loaded = modules_after("import perfkit; dir(perfkit)") - modules_after("")
    assert not loaded & (HEAVY | NETWORK | {"pyarrow", "pyarrow.pandas_compat", "numpy"})


def test_importing_the_core_loads_no_pandas():
    loaded = modules_after("from perfkit import archive, overview, recording, results, selection")
    assert not loaded & (HEAVY | {"pyarrow.pandas_compat"})


def test_importing_perfkit_is_quick():
    code = (
        "import time; begin = time.process_time(); import perfkit\n"
        "assert time.process_time() - begin < 0.15, time.process_time() - begin"
    )
    assert modules_after(code)
