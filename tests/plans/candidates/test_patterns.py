import pytest

from perfkit.plans.candidates.patterns import anchored, has_trigram, serves_btree
from perfkit.plans.conditions import conditions


def pattern(operator, text):
    (found,) = conditions(f"(a {operator} {text})").predicates
    return found


@pytest.mark.parametrize(
    ("operator", "text", "start", "trigram"),
    [
        ("~~", "'abc%'::text", True, True),
        ("~~", "'a%'::text", True, False),
        ("~~", "'%abc%'::text", False, True),
        ("~~", "'_abc'::text", False, True),
        ("~~", "'%a%b%'::text", False, False),
        ("~~", "'%ab\\_c%'::text", False, False),
        ("~~", "''::text", False, False),
        ("~~*", "'abc%'::text", False, True),
        ("~~*", "$1", False, True),
        ("~~", "$1", False, True),
        ("~~", "('%'::text || b)", False, None),
        ("~", "'^abc'::text", True, True),
        ("~", "'^(?:a.*)$'::text", False, False),
        ("~", "'^abc|x'::text", False, False),
        ("~", "'abc.*def'::text", False, True),
        ("~", "'a[bcd]e'::text", False, False),
        ("~*", "'^abc'::text", False, True),
        ("^@", "'abc'::text", True, False),
    ],
)
def test_what_a_pattern_can_be_looked_up_by(operator, text, start, trigram):
    if trigram is None:  # a pattern made of another column is no pattern known before
        assert conditions(f"(a {operator} {text})").predicates == ()
        return
    found = pattern(operator, text)
    assert (anchored(found), has_trigram(found), serves_btree(found)) == (start, trigram, start)
