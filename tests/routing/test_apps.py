"""Routes are read off real applications."""

import types

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from perfkit.routing.apps import of_app


def answer():
    """Answer nothing."""


def fastapi_app():
    inner, router = APIRouter(prefix="/lines"), APIRouter(prefix="/orders")
    inner.get("/{line}")(answer)
    router.get("/{order_id:int}")(answer)
    router.include_router(inner)
    app = FastAPI(openapi_url=None)
    app.get("/health")(answer)
    app.include_router(router, prefix="/api")
    return app


def test_a_fastapi_app_tells_its_routes_with_those_of_included_routers():
    assert of_app(fastapi_app()) == [
        "/health", "/api/orders/{order_id:int}", "/api/orders/lines/{line}",
    ]  # fmt: skip


def test_mounted_apps_stand_below_their_prefix(tmp_path):
    app = FastAPI(openapi_url=None)
    app.mount("/shop", fastapi_app())
    app.mount("/static", StaticFiles(directory=tmp_path))
    assert of_app(app) == [
        "/shop/health", "/shop/api/orders/{order_id:int}", "/shop/api/orders/lines/{line}",
        "/static/{path:path}",
    ]  # fmt: skip


def test_a_starlette_app_tells_mounts_hosts_and_websockets():
    app = Starlette(
        routes=[
            Route("/", answer),
            Mount("/m", routes=[Route("/k/{id:uuid}", answer)]),
            Host("api.example.org", Router([Route("/h", answer)])),
            WebSocketRoute("/ws", answer),
        ]
    )
    assert of_app(app) == ["/", "/m/k/{id:uuid}", "/h", "/ws"]
    assert of_app(app.router) == of_app(app)


def test_an_app_mounted_in_itself_ends():
    app = Starlette()
    app.mount("/again", app)
    app.routes.append(Route("/a", answer))
    assert "/again/again/a" in of_app(app)


def test_a_flask_app_tells_its_rules():
    flask = pytest.importorskip("flask")
    app = flask.Flask("shop")
    app.route("/orders/<int:id>/")(answer)
    assert of_app(app) == ["/static/<path:filename>", "/orders/<int:id>/"]


def test_an_app_shaped_like_flask_tells_its_rules_below_its_root():
    rules = [types.SimpleNamespace(rule="/orders/<int:id>/")]
    app = types.SimpleNamespace(
        url_map=types.SimpleNamespace(iter_rules=lambda: iter(rules)),
        config={"APPLICATION_ROOT": "/shop"},
    )
    assert of_app(app) == ["/shop/orders/<int:id>/"]


def test_urlpatterns_of_django_tell_their_routes():
    def pattern(text, **more):
        return types.SimpleNamespace(pattern=text, **more)

    inner = [pattern("p/<slug:s>"), pattern("^q/(?P<y>[0-9]{4})/$")]
    patterns = [pattern("orders/<int:pk>/"), pattern("shop/", url_patterns=inner)]
    expected = ["orders/<int:pk>/", "shop/p/<slug:s>", "shop/^q/(?P<y>[0-9]{4})/$"]
    assert of_app(patterns) == expected
    assert of_app(types.SimpleNamespace(urlpatterns=patterns)) == expected


@pytest.mark.parametrize("thing", [object(), [], ["/a"], "text", 7, None, {}])
def test_other_things_are_no_applications(thing):
    assert of_app(thing) is None
