import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.url import paging, templated


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/items/17", "/items/{id}"),
        ("/items/5f0c2a4e-6b1d-4c7e-9a3f-2b8d1e0f4c6a", "/items/{id}"),
        ("/blobs/d41d8cd98f00b204e9800998ecf8427e/raw", "/blobs/{id}/raw"),
        ("/v2/items", "/v2/items"),
        ("/facade/deadbeefcafe", "/facade/deadbeefcafe"),  # a word, however hexadecimal
        ("http://me:secret@host:8080/a?q=1&q=2&token=x", "http://host:8080/a?q=*&token=*"),
        ("/orders/{id}", "/orders/{id}"),
        ("http://[broken/1?x=2", "http://[broken/{id}?x=*"),
        ("", ""),
    ],
)
def test_what_changes_from_call_to_call_is_taken_out(url, expected):
    # of a URL that is none, the text counts as the path
    assert templated(url) == expected


@given(st.text(max_size=80))
def test_a_template_is_its_own_template(text):
    assert templated(templated(text)) == templated(text)


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (["/a?page=1", "/a?page=2"], True),
        (["/a?size=9&offset=0", "/a?size=9&offset=9"], True),
        (["/a", "/a?cursor=x"], True),
        (["/a?nextPageToken=x", "/a?nextPageToken=y"], True),
        (["/a?id=1", "/a?id=2"], False),
        (["/a?page=1&user=1", "/a?page=1&user=2"], False),
        (["/a/1?page=1", "/a/2?page=1"], False),
        (["/a?page=1", "/a?page=1"], False),
        ([], False),
    ],
)
def test_pages_differ_in_their_place_alone(urls, expected):
    assert paging(urls) == expected
