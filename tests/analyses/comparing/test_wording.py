import math

import pytest

from perfkit.analyses.comparing.wording import percent, shift_in_words


def test_per_cent_of_a_logarithm():
    assert percent(math.log(2)) == pytest.approx(100)
    assert percent(0) == 0


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ((1.45, 1.4, 1.52), "45 % slower (95 % interval 40 to 52 %)"),
        ((0.8, 0.7, 0.9), "20 % faster (95 % interval 10 to 30 %)"),
        ((1.02, 0.99, 1.05), "2 % slower (95 % interval -1 to 5 %)"),
        ((113, 102, 1250), "113 times as slow (95 % interval 102 to 1,250)"),
        ((3.5, 2.9, 4.1), "3.5 times as slow (95 % interval 2.9 to 4.1)"),
    ],
)
def test_small_shifts_are_in_per_cent_large_ones_in_times(factors, words):
    assert shift_in_words(*map(math.log, factors)) == words
