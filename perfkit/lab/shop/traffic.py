"""What customers ask of the shop: one request maker for each route, seeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from perfkit.lab.shop.schema import Sizes

__all__ = ["ROUTES", "Request"]

STATES = ("pending", "paid", "shipped", "delivered", "cancelled")
#: An export shows 3,000 orders; ids below that would make a short one.
LONGEST_PAGE = 3000


class Request(NamedTuple):
    """One request: method, path, query string and JSON body."""

    method: str
    path: str
    params: dict[str, Any] | None = None
    json: dict[str, Any] | None = None


def _cursor(rng: random.Random, sizes: Sizes) -> dict[str, Any]:
    return {"cursor": rng.randint(min(LONGEST_PAGE, sizes.orders), sizes.orders)}


def _orders(rng: random.Random, sizes: Sizes) -> Request:
    return Request("GET", "/orders", _cursor(rng, sizes))


def _search(rng: random.Random, sizes: Sizes) -> Request:
    params = {"user_id": rng.randint(1, sizes.users), "status": rng.choice(STATES)}
    return Request("GET", "/orders/search", params)


def _checkout(rng: random.Random, sizes: Sizes) -> Request:
    basket = {
        "user_id": rng.randint(1, sizes.users),
        "product_id": rng.randint(1, 1000),
        "quantity": rng.randint(1, 3),
    }
    return Request("POST", "/checkout", json=basket)


def _report(*_: object) -> Request:
    return Request("GET", "/report")


def _dashboard(*_: object) -> Request:
    return Request("GET", "/dashboard")


def _export(rng: random.Random, sizes: Sizes) -> Request:
    return Request("GET", "/export", _cursor(rng, sizes))


def _user(rng: random.Random, sizes: Sizes) -> Request:
    return Request("GET", f"/users/{rng.randint(1, sizes.users)}")


#: route as the telemetry names it -> maker of a request to it.
ROUTES: dict[str, Callable[[random.Random, Sizes], Request]] = {
    "GET /orders": _orders,
    "GET /orders/search": _search,
    "POST /checkout": _checkout,
    "GET /report": _report,
    "GET /dashboard": _dashboard,
    "GET /export": _export,
    "GET /users/{user_id}": _user,
}
