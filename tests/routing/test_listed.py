"""A list of routes from an application, a document, a file or as it is."""

import builtins
import json

import pytest
from fastapi import FastAPI

from perfkit.errors import MissingExtra, UsageError
from perfkit.routing.listed import route_list

DOCUMENT = {"openapi": "3.1.0", "servers": [{"url": "/api"}], "paths": {"/orders/{id}": {}}}
YAML = "openapi: 3.1.0\nservers:\n- url: /api\npaths:\n  /orders/{id}: {}\n"


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lists_documents_and_applications_are_taken():
    app = FastAPI(openapi_url=None)
    app.get("/orders/{id}")(print)
    assert route_list(app).routes == ("/orders/{id}",)
    assert route_list(DOCUMENT).routes == ("/api/orders/{id}",)
    assert route_list(["GET /a", "POST /a", "b/<int:c>"]).routes == ("/a", "/b/<int:c>")
    assert route_list(route_list(["/a"])).routes == ("/a",)


@pytest.mark.parametrize(
    ("name", "text", "routes"),
    [
        ("api.json", json.dumps(DOCUMENT), ("/api/orders/{id}",)),
        ("routes.json", '["/a", "/b/:c"]', ("/a", "/b/:c")),
        ("routes.txt", "# ours\n\nGET  /a\nGET|POST /b/:id # one\n/c\n", ("/a", "/b/:id", "/c")),
        ("routes", "\ufeff/a\r\n/b\r\n", ("/a", "/b")),
    ],
)
def test_files_are_read(tmp_path, name, text, routes):
    path = written(tmp_path, name, text)
    assert route_list(path).routes == route_list(str(path)).routes == routes


def test_yaml_is_read_where_a_library_can(tmp_path):
    pytest.importorskip("yaml")
    assert route_list(written(tmp_path, "a.yaml", YAML)).routes == ("/api/orders/{id}",)
    with pytest.raises(UsageError, match=r"b\.yml: is not YAML"):
        route_list(written(tmp_path, "b.yml", "a: [1"))


def test_without_the_library_yaml_is_a_sentence(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "yaml":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    path = written(tmp_path, "a.yaml", YAML)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="PyYAML"):
        route_list(path)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.json", '{"info": {}}', "no OpenAPI document"),
        ("a.json", '{"paths": {}}', "has no route"),
        ("a.txt", "orders are nice\n", "is no route"),
        ("a.txt", "\n# nothing\n", "has no route"),
        ("a.txt", "\x1b[31m\n", "is no route"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path, name, text, says):
    with pytest.raises(UsageError, match=says) as found:
        route_list(written(tmp_path, name, text))
    assert found.value.hint
    assert "\x1b" not in str(found.value)


def test_a_file_that_is_missing_or_no_text_is_a_sentence(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for source, says in [("binary", "is not text"), ("none.json", "cannot be read"), ("", "read")]:
        with pytest.raises(UsageError, match=says):
            route_list(tmp_path / source)
    with pytest.raises(UsageError, match="is not text"):
        route_list("a\0b")


@pytest.mark.parametrize("source", [7, [7], object(), None, {"a": 1}.items()])
def test_what_is_no_list_is_a_sentence(source):
    with pytest.raises(UsageError, match="neither a route nor an application"):
        route_list(source)


@pytest.mark.parametrize("source", [[], (), [" "]])
def test_an_empty_list_is_a_sentence(source):
    with pytest.raises(UsageError, match="has no route"):
        route_list(source)
