"""The keys of access logs."""

import pytest

from perfkit.formats.requests.access.labels import is_label, meaning


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("rt", ("duration", "s")),
        ("urt", ("upstream", "s")),
        ("uct", ("", "")),
        ("reqtime_microsec", ("duration", "us")),
        ("duration_ms", ("duration", "ms")),
        ("latency", ("duration", "")),
        ("X-Request-Id", ("request_id", "")),
        ("vhost", ("service", "")),
        ("Size", ("response_bytes", "clf")),
        ("message", ("", "")),
        ("whatever", ("", "")),
    ],
)
def test_meanings(key, expected):
    assert meaning(key) == expected


def test_labels_are_known_even_when_they_are_not_read():
    assert is_label("ua")
    assert is_label("reqtime")
    assert not is_label("http")
