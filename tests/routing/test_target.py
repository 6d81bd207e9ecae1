"""Request targets in all four forms of RFC 9112 become paths written one way."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.routing.target import LONGEST, TUNNEL, bare, shortened


def path(target):
    return bare(pa.array([target], pa.string()))[0].as_py()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/orders/17?page=2", "/orders/17"),
        ("/orders#top", "/orders"),
        ("/orders?a=1#b?c", "/orders"),
        ("/cart;jsessionid=0A1B", "/cart"),
        ("/cars;color=red/doors;n=4", "/cars/doors"),
        ("//orders///17//", "/orders/17"),
        ("/orders/", "/orders"),
        ("/", "/"),
        ("///", "/"),
        ("?x=1", ""),
        ("http://shop.example/orders", "/orders"),
        ("HTTPS://shop.example", "/"),
        ("http://shop.example?x=http://a/b", "/"),
        ("/redirect?to=http://a/b", "/redirect"),
        ("*", "*"),
        ("shop.example:443", TUNNEL),
        ("[2001:db8::1]:443", TUNNEL),
        ("/Caf%C3%A9/A%2FB", "/Caf%C3%A9/A%2FB"),
        ("/a\n/b/", "/a\n/b"),
        ("", ""),
    ],
)
def test_a_target_becomes_its_path(target, expected):
    assert path(target) == expected


def test_an_unknown_target_stays_unknown_beside_others():
    assert bare(pa.array(["/a/", None, "/b?x"])).to_pylist() == ["/a", None, "/b"]
    assert bare(pa.array([], pa.string())).to_pylist() == []


def test_of_a_very_long_target_the_beginning_is_left():
    long = "/" + "ü" * 100_000
    assert path(long) == long[:LONGEST]
    assert shortened(pa.array(["/a", long])).to_pylist() == ["/a", long[:LONGEST]]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=20))
def test_paths_stay_as_they_are_and_no_target_changes_another(targets):
    once = bare(pa.array(targets, pa.string()))
    assert once.to_pylist() == [path(target) for target in targets]
    rooted = once.filter(pa.array([text.startswith("/") for text in once.to_pylist()], pa.bool_()))
    assert bare(rooted).to_pylist() == rooted.to_pylist()
