import pytest

from perfkit.errors import UsageError
from perfkit.tasks.explaining.words import as_typed, typed


@pytest.mark.parametrize(
    ("said", "as_option"),
    [
        ("analyze=True executes it", "--analyze executes it"),
        ("analyze=False only plans it", "--no-analyze only plans it"),
        ("analyze_writes=True executes it", "--analyze-writes executes it"),
        ("allow_functions=['my.f'] runs it", "--allow-function my.f runs it"),
        ("timeout_s=120 allows it", "--timeout 120s allows it"),
        ("params={'user': ...}", "-p user=VALUE"),
        ("runs=5", "--runs 5"),
        ("nothing of the kind: a=1", "nothing of the kind: a=1"),
    ],
)
def test_arguments_are_said_as_the_options_that_are_typed(said, as_option):
    assert typed(said) == as_option


def test_errors_change_their_words_and_stay_what_they_are():
    with pytest.raises(UsageError) as caught, as_typed():
        raise UsageError("no, as analyze=False says", hint="analyze=True")
    assert (caught.value.message, caught.value.hint) == ("no, as --no-analyze says", "--analyze")
    assert str(caught.value) == "no, as --no-analyze says\nhint: --analyze"
