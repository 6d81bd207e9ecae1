"""``%profile_endpoint`` on a FastAPI app that lives in the notebook."""

from __future__ import annotations

import sys
import time

import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request

from perfkit.errors import PerfkitError, UsageError


@pytest.fixture
def served():
    """What the app of :func:`app` was asked."""
    return []


@pytest.fixture(autouse=True)
def app(shell, served):
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    app = FastAPI()

    @app.get("/orders/{number}")
    def orders(number: int, q: str = ""):
        served.append((number, q))
        with engine.connect() as connection:
            return [connection.execute(sa.text("select :n"), {"n": n}).scalar() for n in range(3)]

    @app.post("/echo")
    async def echo(request: Request):
        served.append((request.headers.get("x-who"), await request.body()))
        return {}

    @app.get("/slow")
    def slow():
        time.sleep(0.02)
        return {}

    shell.user_ns["app"] = app
    yield app
    engine.dispose()


def test_the_result_is_the_value_and_requests_are_counted(cell, served):
    done = cell("%profile_endpoint --app app -n 4 --warmup 1 GET /orders/7?q=x")
    assert done.error is None
    assert done.value.analysis == "profile_endpoint"
    assert set(served) == {(7, "x")}
    assert len(served) >= 5
    assert done.value.question in done.printed


def test_app_is_the_default_variable(cell, served):
    assert cell("%profile_endpoint -n 1 --warmup 0 GET /orders/1").error is None
    assert set(served) == {(1, "")}


def test_time_is_where_the_endpoint_spends_it(cell):
    table = cell("%profile_endpoint -n 3 --warmup 1 GET /slow").value.to_dict()["totals"]
    assert max(value for value in table.values() if isinstance(value, float)) >= 20.0


def test_a_cell_holds_headers_and_body(cell, served):
    cell("%%profile_endpoint -n 1 --warmup 0\nPOST /echo\nX-Who: me\n\nhello")
    assert set(served) == {("me", b"hello")}


def test_names_in_braces_are_encoded_and_dash_p_wins(cell, shell, served):
    shell.user_ns.update(number=1, text="a&b c")
    cell("%profile_endpoint -n 1 --warmup 0 -p number=2 GET /orders/{{number}}?q={{text}}")
    assert set(served) == {(2, "a&b c")}


def test_a_semicolon_silences_and_dash_o_keeps(cell, shell, served):
    done = cell("%profile_endpoint -n 1 --warmup 0 -o kept GET /orders/5;")
    assert done.error is None
    assert (done.value, done.printed) == (None, "")
    assert shell.user_ns["kept"].analysis == "profile_endpoint"
    assert set(served) == {(5, "")}


def test_an_app_may_be_imported_by_name(cell, tmp_path, monkeypatch):
    (tmp_path / "tiny_asgi_app.py").write_text(
        "from fastapi import FastAPI\nmain = FastAPI()\n"
        "@main.get('/ok')\ndef ok() -> dict[str, int]:\n    return {}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    done = cell("%profile_endpoint --app tiny_asgi_app:main -n 1 --warmup 0 GET /ok")
    sys.modules.pop("tiny_asgi_app", None)
    assert done.error is None
    assert done.value.analysis == "profile_endpoint"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%profile_endpoint --app app", "no request"),
        ("%%profile_endpoint --app app\n;", "no request"),
        ("%profile_endpoint --app missing GET /slow", "no variable 'missing'"),
        ("%profile_endpoint --app no_such_module_:app GET /slow", "no_such_module_"),
        ("%profile_endpoint GET /orders/{{missing}}", "no variable 'missing'"),
        ("%profile_endpoint -n lots GET /slow", "'lots' is not a number"),
        ("%profile_endpoint -n 0 GET /slow", ""),
        ("%profile_endpoint -p x GET /slow", "has no '='"),
    ],
)
def test_mistakes_are_one_sentence_without_a_traceback(cell, source, said):
    done = cell(source)
    assert isinstance(done.error, PerfkitError)
    assert said in done.printed
    assert "Traceback" not in done.printed


def test_a_variable_that_is_no_app_is_a_usage_error(cell, shell):
    shell.user_ns["number"] = 42
    done = cell("%profile_endpoint --app number GET /slow")
    assert isinstance(done.error, UsageError)
    assert "Traceback" not in done.printed
