"""Paths of OpenAPI documents, with the base path of their servers."""

import pytest

from perfkit.routing.openapi import is_openapi, of_openapi

PATHS = {"/orders/{id}": {}, "x-internal": {}}


@pytest.mark.parametrize(
    ("servers", "bases"),
    [
        ({}, [""]),
        ({"servers": []}, [""]),
        ({"servers": [{"url": "https://shop.example/api/"}]}, ["/api"]),
        ({"servers": [{"url": "/v1"}, {"url": "//other/v1"}, {"url": "/v2"}]}, ["/v1", "/v2"]),
        ({"servers": [{"url": "https://{h}/{base}",
                       "variables": {"h": {"default": "a"}, "base": {"default": "v3"}}}]}, ["/v3"]),
        ({"basePath": "/v2", "swagger": "2.0"}, ["/v2"]),
        ({"basePath": "/"}, [""]),
        ({"servers": "nonsense"}, [""]),
        ({"servers": [{"url": "http://[bad"}, 7, {"url": 8}]}, [""]),
    ],
)  # fmt: skip
def test_paths_stand_below_the_base_path(servers, bases):
    assert of_openapi({"paths": PATHS, **servers}) == [f"{base}/orders/{{id}}" for base in bases]


@pytest.mark.parametrize("document", [{}, [], None, {"paths": ["/a"]}, "paths"])
def test_other_documents_are_none(document):
    assert not is_openapi(document)
