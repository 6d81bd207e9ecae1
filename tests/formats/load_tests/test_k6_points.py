"""What the tags of k6 say of a request."""

import pytest

from perfkit.formats.load_tests.k6_points import COUNTED, Points, facts


@pytest.mark.parametrize(
    ("name", "url", "route", "path", "peer"),
    [
        ("http://shop/a", "http://shop/a", None, "/a", "shop"),
        ("http://shop", "http://shop", None, "/", "shop"),
        ("http://[::1]:8/a?b#c", "http://[::1]:8/a?b#c", None, "/a?b", "[::1]:8"),
        ("https://u:p@shop/a", "https://u:p@shop/a", None, "/a", "shop"),
        ("http://shop?q=1", "http://shop?q=1", None, "/?q=1", "shop"),
        ("orders", "orders", "orders", None, None),
        ("GET /orders/{id}", "http://shop/orders/7", "/orders/{id}", "/orders/7", "shop"),
        ("http://shop/o/${}/i/${}", "http://shop/o/${}/i/${}", "/o/{id}/i/{id}", None, "shop"),
        ("", "", None, None, None),
    ],
)
def test_a_name_is_a_route_unless_it_is_a_url(name, url, route, path, peer):
    about = facts({"name": name, "url": url, "method": "GET"})
    assert (about.route, about.path, about.peer) == (route, path, peer)


@pytest.mark.parametrize(
    ("tags", "status", "error"),
    [
        ({"status": "200", "expected_response": "true"}, 200, None),
        ({"status": "404", "error_code": "1404", "expected_response": "true"}, 404, None),
        ({"status": "0", "error_code": "1050"}, 0, "error code 1050"),
        ({"status": "0", "error": "dial: refused", "error_code": "1212"}, 0, "dial: refused"),
        ({"status": "many"}, None, None),
        ({"status": "9" * 30}, None, None),
        ({"status": "²"}, None, None),
        ({}, None, None),
    ],
)
def test_an_error_is_what_k6_counts_as_one(tags, status, error):
    assert facts(tags)[4:] == (status, error)


def test_no_points_are_no_tables():
    assert Points().tables(None) == ({}, [])


def test_every_counted_metric_has_a_unit():
    assert all(COUNTED.values())
