"""A notation of our own, compiled."""

import re

import pytest

from perfkit.errors import UsageError
from perfkit.formats.requests.access.dialect import Dialect, compiled
from perfkit.formats.requests.access.template import Field

ROLES = {"status": "status", "path": "path", "query": "query", "host": "service", "none": ""}


def meaning(found):
    name = found[1]
    if name == "at":
        return "<", Field(role="time", unit="iso", name="@at"), ">"
    return (Field(role=ROLES[name], name=found[0]),) if name in ROLES else None


OWN = Dialect(name="ours", token=re.compile(r"@(\w+)"), meaning=meaning, belongs=bool)


def test_a_format_is_fields_between_literals():
    template = compiled(OWN, "at @at: @status!", title="mine", strict=False)
    assert [field.role for field in template.fields] == ["time", "status"]
    assert template.literals == ("at <", ">: ", "!")
    assert (template.title, template.strict) == ("mine", False)


@pytest.mark.parametrize("text", ["@path@query @status", "@path?@query @status"])
def test_a_query_belongs_to_the_path_before_it(text):
    template = compiled(OWN, text)
    assert [field.role for field in template.fields] == ["path", "status"]
    assert template.line.match(b"/a?b=1 200").groups() == (b"/a?b=1", b"200")


def test_a_path_needs_nothing_between_it_and_the_host():
    template = compiled(OWN, "@host@path @status")
    assert template.line.match(b"shop:80/a 200").groups() == (b"shop:80", b"/a", b"200")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@status@host", "nothing is between @status and @host"),
        ("@what", "'@what' at character 1 is nothing that ours writes"),
        ("@none and text", "nothing that ours writes"),
        ("only text", "nothing that ours writes"),
    ],
)
def test_mistakes_are_told(text, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        compiled(OWN, text)
