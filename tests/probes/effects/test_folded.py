import pytest

from perfkit.probes.effects.folded import folded


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("f(1) > 0", {"f"}),
        ("f(a) > g(1)", {"g"}),
        ("f(1, g(\"Odd\"), h('a'))", {"h"}),
        ("((x.f(') a ('::text) = a))", {"f"}),
        ("lower(a)", set()),
        ("CHECK ((a > now()))", {"now"}),
        ("", set()),
        ("f(1", {"f"}),
    ],
)
def test_calls_that_need_no_row_are_told_from_those_that_do(text, calls):
    assert {call.name for call in folded(text, ["a", "Odd"]).calls} == calls


def test_the_schema_in_front_of_a_call_is_kept():
    (call,) = folded("other.f(1)", []).calls
    assert call.schema == "other"
