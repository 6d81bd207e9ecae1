import pytest

from perfkit.errors import UsageError
from perfkit.magics.options import Command, Line, Option

COMMAND = Command(
    name="demo",
    summary="Demonstrates.",
    usage="%demo [options] BODY",
    options=(
        Option("--timeout", "give up", "TIME"),
        Option("--analyze", "execute"),
        Option("-p", "a value", "NAME=VALUE", many=True),
        Option("-o", "store", "NAME"),
    ),
    examples=("%demo x",),
)


def test_options_end_where_the_body_begins():
    line = COMMAND.parse("--timeout 30s --analyze -o r SELECT a -> 'b' -- c")
    assert line.get("timeout") == "30s"
    assert line.has("analyze")
    assert line.get("o") == "r"
    assert line.rest == "SELECT a -> 'b' -- c"


def test_two_dashes_end_the_options():
    assert COMMAND.parse("-o r -- --analyze").rest == "--analyze"


def test_a_repeated_option_keeps_every_value():
    assert COMMAND.parse("-p a=1 -p 'b=2 3' x").all("p") == ("a=1", "b=2 3")


def test_an_equals_sign_may_stand_before_the_value():
    assert COMMAND.parse("--timeout=5s").get("timeout") == "5s"


def test_a_negative_number_in_the_body_is_no_option():
    assert COMMAND.parse("-5 + 3").rest == "-5 + 3"


def test_an_unknown_option_names_the_near_one():
    with pytest.raises(UsageError, match="--timeot") as caught:
        COMMAND.parse("--timeot 3s x")
    assert "--timeout" in caught.value.hint


def test_an_option_without_its_value_says_so():
    with pytest.raises(UsageError, match="needs a value"):
        COMMAND.parse("--timeout")


def test_help_names_every_option_and_example():
    text = COMMAND.help()
    for option in COMMAND.options:
        assert option.name in text
    assert "%demo x" in text


def test_a_number_that_is_none_is_refused():
    with pytest.raises(UsageError, match="not a number"):
        COMMAND.parse("--timeout soon").number("timeout", 1)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_a_count_is_a_whole_number_from_one(text):
    line = Line({"runs": (text,)}, "")
    with pytest.raises(UsageError, match="not a whole number"):
        line.count("runs", 1)
    assert Line({"runs": ("7",)}, "").count("runs", 1) == 7
    assert Line({}, "").count("runs", 3) == 3
