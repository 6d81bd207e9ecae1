"""What a call is told is known beforehand, hidden, or of unknown origin."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel import inputs as module
from perfkit.analyses.parallel.inputs import inputs
from perfkit.analyses.parallel.matrix import matrix
from perfkit.analyses.parallel.sites import sites


@pytest.fixture(scope="session")
def verdict(steps):
    """Judge the calls that ``write`` makes behind another one, of 20 requests."""

    def judge(write, **told):
        def both(request, n):
            request.http("http://first/first", 30.0)
            write(request, n)

        found = steps(both, 20)
        (site,) = sites(found.forest, found)
        calls = matrix(found, site)
        (column,) = [k for k, one in enumerate(calls.operations) if "first" not in one.name]
        return inputs(calls, column)

    return judge


def get(path, url=None, **request_columns):
    def write(request, n):
        known = {
            "n": n,
            "id": n + 100,
            "other": 7919 * n + 13,
            "uuid": f"{n:08x}-0000-4000-8000-0000000000{n:02x}",
        }
        told = {key: value.format(**known) for key, value in request_columns.items()}
        request.rows[0]["attributes"] = json.dumps(told).encode()
        request.rows[0]["url"] = url.format(**known) if url else None
        request.http("http://a" + path.format(**known), 30.0)

    return write


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/stock", None),
        ("/api/v2/stock?limit=20&sort=name", None),
        ("/users/{id}", "/u/{id}"),
        ("/users/{uuid}/a", "/u?who={uuid}"),
        ("/users/u-{id}", "http://shop:8080/u/{id}"),
        ("/search?q=red+shoes{id}", "/find?text=red%20shoes{id}"),
        ("/users/{id}?lang=en", "/u/{id}"),
    ],
)
def test_constants_and_what_the_request_names_are_known(verdict, path, url):
    assert verdict(get(path, url)).known


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/carts/{other}", "/u/{id}"),
        ("/carts/{id}-{other}", "/u/{id}"),
        ("/carts?owner=x{other}", None),
        ("/carts?after=c{other}", None),
        ("/carts?owner=4711", None),
    ],
)
def test_anything_else_may_come_out_of_an_earlier_answer(verdict, path, url):
    found = verdict(get(path, url))
    assert (found.known, found.hidden) == (False, False)
    assert "does not name" in found.reason


@pytest.mark.parametrize(
    "path", ["/carts/{{id}}", "/carts/:id", "/carts/*", "/carts?id=%7Bid%7D", "/carts/?id=?"]
)
def test_a_template_hides_what_it_stands_for(verdict, path):
    found = verdict(get(path))
    assert (found.known, found.hidden) == (False, True)


def test_an_id_that_never_changes_tells_nothing(verdict):
    found = verdict(get("/carts/42", "/u/42"))
    assert (found.known, found.hidden) == (False, True)
    assert "same id" in found.reason


def test_what_was_noted_on_the_request_while_serving_is_not_what_it_brought(verdict):
    assert not verdict(get("/carts/{other}", **{"cart.id": "{other}"})).known
    assert not verdict(get("/carts/{other}", **{"http.response.header.x": "{other}"})).known
    assert verdict(get("/carts/{other}", **{"http.request.header.x-cart": "{other}"})).known
    assert verdict(get("/carts/{other}", **{"http.target": "/c?cart={other}"})).known


@pytest.mark.parametrize(
    ("statement", "known"),
    [
        ("SELECT count(*) FROM a", True),
        ("SELECT a FROM b WHERE state = 'open' ORDER BY a LIMIT 20 OFFSET 40", True),
        ("SELECT a FROM b WHERE c = {id}", True),
        ("SELECT a FROM b WHERE c = {other}", False),
        ("SELECT a FROM b WHERE c = 4711", False),
        ("SELECT a FROM b WHERE c = 'x{other}y'", False),
        ("SELECT a FROM b WHERE c = $1", False),
        ("SELECT a FROM b WHERE c = ?", False),
        ("SELECT a FROM b WHERE c = %(c)s", False),
        ("SELECT a FROM b WHERE c = :c", False),
        ("SELECT a::text FROM b", True),
        ("SELECT a FROM b WHERE c IN (...", False),
    ],
)
def test_literals_are_read_and_placeholders_hide(verdict, statement, known):
    def write(request, n):
        request.rows[0]["url"] = f"/u/{n + 100}"
        request.sql(statement.format(id=n + 100, other=7919 * n + 13), 30.0)

    assert verdict(write).known == known


@pytest.mark.parametrize(("value", "known"), [("{id}", True), ("{other}", False)])
def test_recorded_parameters_are_read(verdict, value, known):
    def write(request, n):
        request.rows[0]["url"] = f"/u/{n + 100}"
        told = {"db.query.parameter.0": value.format(id=n + 100, other=7919 * n + 13)}
        request.sql("SELECT a FROM b WHERE c = $1", 30.0, told=told)

    assert verdict(write).known == known


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("GET a:b", True),
        ("GET u:{id}", True),
        ("GET u:{other}", False),
        ("GET ?", False),
        ("GET", False),
    ],
)
def test_keys_of_a_cache_are_read(verdict, command, known):
    def write(request, n):
        request.rows[0]["url"] = f"/u/{n + 100}"
        request.redis(command.format(id=n + 100, other=7919 * n + 13), 30.0)

    assert verdict(write).known == known


def test_a_wrapper_is_told_what_its_calls_are_told(verdict):
    for path, known in (("stock", True), ("carts/{}", False)):

        def write(request, n, path=path):
            at = request.now
            wrapper = request.work(31.0, "load")
            request.http(f"http://a/{path.format(7919 * n)}", 30.0, at=at + 0.5, parent=wrapper)

        assert verdict(write).known == known


def test_a_remote_procedure_shows_nothing(verdict):
    assert verdict(lambda request, n: request.rpc("a.B/GetC", 30.0, url="grpc://a.B/GetC")).hidden


@given(st.text(max_size=60))
def test_any_url_statement_and_key_is_answered(text):
    module._of_url(text)
    module._of_key(text)
    module._of_statement(text, {"db.query.parameter.0": text})
    list(module._pieces_of_request(text, {"http.target": text}))
