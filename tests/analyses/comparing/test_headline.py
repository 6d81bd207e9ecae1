import pytest

from perfkit.analyses.compare import compare

QUIET = {"/a": (300, 10.0)}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (QUIET, "No change detected in 1 route; on /a, the largest, a change of about"),
        ({"/a": (300, 20.0)}, "1 route slower: /a 101 % slower (95 % interval 95 to 107 %)."),
        ({"/a": (300, 60.0)}, "times as slow (95 % interval"),
        ({"/a": (4, 20.0)}, "Too few samples to compare 1 route"),
        ({"/b": (9, 20.0)}, "No route is on both sides to be compared; 1 new; 1 gone"),
    ],
)
def test_the_conclusion_is_a_sentence(requests, after, words):
    headline = compare(requests(QUIET), requests(after, seed=1)).headline
    assert words in headline
    assert headline.endswith(".")


def test_of_several_the_one_with_the_most_time_is_named(requests):
    before = requests({"/small": (200, 1), "/large": (200, 100)})
    after = requests({"/small": (200, 2), "/large": (200, 140)}, seed=1)
    assert compare(before, after).headline.startswith("2 routes slower: /large 37 %")


def test_routes_that_chance_leaves_out_of_one_side_are_neither_new_nor_gone(requests):
    before = requests(QUIET | {f"/rare/{word}": (2, 5.0) for word in "abc"})
    after = requests(QUIET | {"/rare/d": (3, 5.0), "/launched": (60, 5.0)}, seed=1)
    headline = compare(before, after).headline
    assert "; 1 new; 4 on one side only, too rare to be called new or gone." in headline
    assert " gone;" not in headline
