"""How many names at one place are values of a parameter, and which of them stay names."""

import string

import numpy as np
import pyarrow as pa
import pytest

from perfkit.routing.names import Names
from perfkit.routing.paths import Sections
from perfkit.routing.places import MANY, placed


def words(count):
    """Return different lower-case words without a verb among them."""
    letters = string.ascii_lowercase
    return [f"zo{letters[n // 26 % 26]}{letters[n % 26]}{'x' * (n // 676)}" for n in range(count)]


def at_one_place(names, count=None):
    """Return what becomes of the first sections of paths after one prefix."""
    cut = Sections.of(pa.array(names))
    known = Names.of(cut.texts)
    counts = np.ones(len(names)) if count is None else np.asarray(count, float)
    after = [cut.at(1), cut.at(2)]
    found = placed(np.zeros(len(names), np.int64), cut.at(0), counts, after, known)
    return known.texts.take(pa.array(found)).to_pylist()


def folded(names, count=None):
    return {text for text in at_one_place(names, count) if "{name}" in text}


@pytest.mark.parametrize(
    ("make", "bar"),
    [
        (str, MANY),
        ("get_{}".format, 600),
        ("{}-lamp".format, 100),
        ("{}7".format, 40),
        ("how-to-{}-it".format, 40),
        ("{}/posts".format, 40),
        ("{}/repository/issues".format, 40),
        ("{}/projects/{{id}}".format, 12),
    ],
)
def test_names_are_values_from_the_bar_on_and_not_before(make, bar):
    assert not folded([make(word) for word in words(bar)])
    assert folded([make(word) for word in words(bar + 1)]) == {"{name}"}


def test_collections_are_not_alike_for_having_the_same_pages():
    pages = [f"{word}/{page}" for word in words(120) for page in ("{id}", "new", "export")]
    assert not folded(pages)


@pytest.mark.parametrize("below", ["edit/{id}", "{id}/lines/{id}", "v1/{id}"])
def test_ids_below_an_operation_or_in_a_collection_do_not_make_values_of_a_few_names(below):
    assert not folded([f"{word}/{below}" for word in words(30)])


def test_few_names_that_lead_to_ids_below_words_of_their_own_are_routes():
    assert not folded([f"{word}/{word}s/{{id}}" for word in words(30)])


def test_a_few_months_are_versions_and_more_are_dates():
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    assert not folded(months[:8])
    assert folded(months[:9]) == {"{name}"}


def test_values_beside_ids_are_one_parameter_named_as_most_are():
    tokens = [f"c_{word}/items" for word in words(60)]
    paths = ["{id}/items", *tokens, "search"]
    assert at_one_place(paths, [900.0] + [1.0] * 60 + [30.0]) == ["{id}"] * 61 + ["search"]
    assert at_one_place(paths, [9.0] + [1.0] * 60 + [30.0]) == ["{name}"] * 61 + ["search"]


def test_a_popular_page_of_its_own_stays_a_name_beside_values():
    names = [*words(300), "login", "api/orders", "api/carts"]
    found = at_one_place(names, [10.0] * 300 + [400.0, 30.0, 30.0])
    assert found == ["{name}"] * 300 + ["login", "api", "api"]


def test_a_popular_value_is_a_value():
    slugs = [f"{word}-lamp" for word in words(300)]
    assert folded(slugs, [5000.0] + [1.0] * 299) == {"{name}"} == set(at_one_place(slugs))
    users = [f"{word}/posts" for word in words(300)]
    assert set(at_one_place(users, [5000.0] + [1.0] * 299)) == {"{name}"}


def test_search_beside_slugs_stays_a_name():
    names = [f"{word}-lamp" for word in words(300)]
    assert at_one_place([*names, "search"], [1.0] * 300 + [10.0])[-1] == "search"


def test_where_a_parameter_stands_already_new_names_are_its_values():
    assert at_one_place(["{name}", "ada", "login"], [1000, 1, 100]) == ["{name}", "{name}", "login"]


def test_languages_and_versions_stay():
    names = [*words(300), "de", "v1"]
    assert at_one_place(names)[-2:] == ["de", "v1"]
