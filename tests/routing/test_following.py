"""Values of a parameter lead to the same words; names of routes to words of their own."""

import numpy as np
import pyarrow as pa

from perfkit.routing.following import Following
from perfkit.routing.names import Names
from perfkit.routing.paths import Sections


def following(*paths):
    """Read paths as name/next/next but one."""
    cut = Sections.of(pa.array(paths))
    texts = sorted({path.split("/")[0] for path in paths})
    name = np.array([texts.index(path.split("/")[0]) for path in paths])
    found = Following(name, len(texts), Names.of(cut.texts))
    return texts, found, [cut.at(1), cut.at(2)]


def test_names_that_lead_to_what_others_lead_to_are_alike():
    users = [
        f"{user}/{page}" for user in ("ada", "bob", "eve", "ken") for page in ("posts", "likes")
    ]
    texts, found, after = following(*users, "settings/keys", "settings/mail", "login")
    alike, unlike = found.words(after)
    assert [text for text, is_alike in zip(texts, alike, strict=True) if is_alike] == texts[:4]
    assert [text for text, is_own in zip(texts, unlike, strict=True) if is_own] == ["settings"]


def test_the_next_section_but_one_tells_as_well():
    texts, found, after = following(
        *(f"{user}/{user}s-project/issues" for user in ("ada", "bob", "eve"))
    )
    assert found.words(after)[0].tolist() == [True] * len(texts)


def test_two_of_a_kind_are_chance():
    _, found, after = following("ada/posts", "bob/posts")
    assert not found.words(after)[0].any()


def test_what_ids_follow_is_a_collection():
    texts, found, after = following("orders/{id}", "users/{id}/edit", "about/team", "login")
    assert [texts[place] for place in np.flatnonzero(found.ids(after[0]))] == ["orders", "users"]
