import subprocess
import sys

import pytest

PROLOGUE = """
import sys
from perfkit.pandas_later import postpone_pandas, ready_pandas
postpone_pandas()
import datetime, json
import pyarrow as pa
from perfkit import tables
from perfkit.recording import Recording, Note
moment = datetime.datetime(2026, 11, 20, 14, 2, 0, 7, datetime.UTC)
queries = tables.from_columns("queries", {"started_at": [moment], "trace_id": ["t"]})
spans = tables.from_columns("spans", {"trace_id": ["t"], "route": ["/orders"]})
rec = Recording.from_frames(queries=queries, spans=spans)
"""


TO_DICT = """
from perfkit.results import Result
arrow = rec.arrow('queries')
result = Result(analysis='a', question='', headline='', arrow=arrow, noun='rows')
json.dumps(result.to_dict())
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", PROLOGUE + code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "code",
    [
        "repr(rec); rec._repr_html_()",
        "rec.between('14:02', '14:03').mark('14:02:30', 'deploy')",
        "rec.where(route='/orders')",
        "rec + rec",
        "from perfkit.archive import reopen; rec.save(p := sys.argv[0] + 'x'); reopen(p)",
        TO_DICT,
    ],
    ids=["repr", "between", "where", "add", "save", "to_dict"],
)
def test_the_core_works_without_importing_pandas(code, tmp_path):
    code = code.replace("sys.argv[0] + 'x'", repr(str(tmp_path / "x.perfkit")))
    done = run(code + "\nassert 'pandas' not in sys.modules, 'pandas was imported'")
    assert done.returncode == 0, done.stderr


def test_pandas_comes_at_the_door():
    done = run("assert rec.queries['started_at'].dtype == 'datetime64[ns, UTC]'")
    assert done.returncode == 0, done.stderr


def test_a_frame_is_still_recognised_afterwards():
    done = run(
        "import pandas as pd\n"
        "frame = pd.DataFrame({'system': pd.Categorical(['a', None]), 'error': ['x', None],"
        " 'rows_returned': pd.array([1, None], dtype='Int64')})\n"
        "table = tables.from_pandas(frame, 'queries')\n"
        "assert table['system'].to_pylist() == ['a', None]\n"
        "assert table['error'].to_pylist() == ['x', None]\n"
        "assert table['rows_returned'].to_pylist() == [1, None]\n"
    )
    assert done.returncode == 0, done.stderr


def test_postponing_changes_nothing_where_pandas_is_loaded():
    done = run(
        "import pandas as pd\n"
        "ready_pandas()\n"
        "before = list(sys.meta_path)\n"
        "postpone_pandas()\n"
        "assert sys.meta_path == before\n"
        "assert pa.types.is_dictionary(pa.array(pd.Series(['a'], dtype='category')).type)\n"
    )
    assert done.returncode == 0, done.stderr
