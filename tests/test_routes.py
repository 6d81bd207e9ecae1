import pyarrow as pa
import pytest

from perfkit.routes import path_template, routes

PATHS = {
    "/posts/17": "/posts/{id}",
    "/posts/eb9d77db-1c3e-4f6a-9b1c-0f1e2d3c4b5a/tags": "/posts/{id}/tags",
    "/blobs/0123456789abcdef": "/blobs/{id}",
    "/a//7/": "/a//{id}/",
    "/decade": "/decade",
    "/": "/",
    "": "",
}


@pytest.mark.parametrize(("path", "expected"), PATHS.items())
def test_ids_are_taken_out_of_a_path(path, expected):
    assert path_template(path) == expected


def test_requests_without_a_route_have_the_template_of_their_path():
    paths = [f"{path}?page=3/4" for path in PATHS]
    table = pa.table({"route": pa.nulls(len(paths), pa.string()), "path": paths})
    assert routes(table).to_pylist() == list(PATHS.values())
    assert routes(table.slice(1, 2)).to_pylist() == list(PATHS.values())[1:3]
    assert routes(table.slice(0, 0)).to_pylist() == []


def test_a_known_route_and_an_unknown_path_stay():
    table = pa.table({"route": ["/errors/404", None], "path": ["/errors/404", None]})
    assert routes(table).to_pylist() == ["/errors/404", None]
