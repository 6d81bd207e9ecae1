"""What looks like data, and what may be names of endpoints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.alike import alike


@pytest.mark.parametrize(
    "values",
    [
        ("EUR", "USD", "GBP", "CHF", "JPY"),
        ("AAPL", "T", "IBM", "BRK.B", "MSFT"),
        ("de-DE", "pt-BR", "en-US", "fr-FR", "en-GB"),
        ("ada@example.com", "bob@example.org", "eve%40example.net"),
        ("de", "fr", "it", "es", "nl", "pl", "pt", "sv"),
        ("SKU-1", "SKU-204", "BOX-77"),
        ("x7k2m9qa", "b81hzz0c", "kqpwmtrn", "01abf7cd"),
        ("dGhpcyBpcyBhIHRlc3Q=", "YW5vdGhlciB0ZXN0ISE=", "MDEyMzQ1Njc4OWFiY2Q="),
    ],
)
def test_values_of_one_shape_are_data(values):
    assert all(alike(values))


@pytest.mark.parametrize(
    "values",
    [
        ("user", "cart", "prices", "news", "offers"),
        ("user", "cart", "news", "feed", "chat"),
        ("faq", "tag", "nav", "ads", "seo"),
        ("v1", "v2", "v3", "v4", "v5"),
        ("getUserPreferences", "getOrderHistories", "getCartPositions"),
        ("user-profile", "order-history", "cart-items"),
        ("EUR", "cart", "news"),
        ("orders", "oauth2", "s3", "news", "users"),
    ],
)
def test_names_are_none(values):
    assert not any(alike(values))


@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_values_are_judged(values):
    assert len(alike(values)) == len(values)


def test_an_endpoint_beside_the_values_is_told_apart():
    assert alike(["EUR", "USD", "GBP", "latest"]) == [True, True, True, False]
