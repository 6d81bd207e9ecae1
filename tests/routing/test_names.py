"""What a section's text alone tells."""

import numpy as np
import pyarrow as pa
import pytest

from perfkit.routing.names import Names

FIRST = np.array([0])


def facts(text):
    return Names.of(pa.array([text], pa.string()))


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ada", "{name}"), ("logo.PNG", "{name}.png"), ("example.com", "{name}"),
     ("app.js.map", "{name}.js.map"), ("a\nb.css", "{name}.css")],
)  # fmt: skip
def test_a_value_becomes_a_name_with_the_extension_of_a_file(text, folded):
    names = facts(text)
    assert names.texts[int(names.folded[0])].as_py() == folded


@pytest.mark.parametrize(
    ("text", "plain", "named", "counted"),
    [("orders", True, False, False), ("", False, False, False), ("{id}", False, False, True),
     ("{name}.png", False, True, False), ("@{id}", False, False, True), ("de", False, False, False),
     ("en-US", False, False, False), ("v2", False, False, False), ("js", True, False, False)],
)  # fmt: skip
def test_places_of_parameters_languages_and_versions_are_no_plain_names(
    text, plain, named, counted
):
    names = facts(text)
    assert (names.plain[0], names.named[0], names.counted[0]) == (plain, named, counted)


@pytest.mark.parametrize(
    "text", ["getUser", "GetUser", "get_user", "get", "users.list", "create-order", "Order.Create"]
)
def test_an_operation_begins_or_ends_with_a_verb(text):
    assert facts(text).operations(FIRST)[0]


@pytest.mark.parametrize("text", ["getaway", "orders", "listing", "blue-lamp", "checkers", "ada"])
def test_other_words_are_no_operations(text):
    assert not facts(text).operations(FIRST)[0]


@pytest.mark.parametrize("text", ["ada42", "how-to-fix", "caf%C3%A9"])
def test_digits_encoded_letters_and_titles_look_like_values(text):
    assert facts(text).valued(FIRST)[0]
    assert not facts("blue-lamp").valued(FIRST)[0]


def test_a_hyphen_is_seen():
    names = Names.of(pa.array(["a-b", "ab"]))
    assert names.hyphened(np.array([1, 0])).tolist() == [False, True]


def test_languages_are_one_place_and_so_are_versions():
    names = Names.of(pa.array(["de", "en-US", "v1", "v2", "orders"]))
    pooled = names.pooled[:5].tolist()
    assert pooled[0] == pooled[1] != pooled[2] == pooled[3] != pooled[4] == 4


def test_names_made_alike_have_one_skeleton():
    names = Names.of(pa.array(["blue-lamp", "röd-lampa", "ada", "lamp-17", "chair-9"]))
    made = names.skeletons(np.arange(5)).tolist()
    assert made[0] == made[1]
    assert made[3] == made[4]
    assert len(set(made)) == 3
