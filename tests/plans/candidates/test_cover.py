import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.candidates.cover import canonical, covered, replaced, same_key
from perfkit.plans.conditions import SortKey, conditions
from perfkit.plans.facts import IndexFacts

KNOWN = conditions("((a = 1) AND (b = 2) AND ((state)::text = 'new'::text))")


def keys(text):
    found = []
    for part in text.split(", "):
        name, *more = part.split(" ")
        down = "desc" in more
        classes = [word for word in more if word.endswith("_ops")]
        found.append(
            SortKey(
                column=name,
                descending=down,
                nulls_first=down != ("flip" in more),
                operator_class="".join(classes),
            )
        )
    return tuple(found)


def index(text, **more):
    made = keys(text)
    return IndexFacts(
        **{
            "name": "old",
            "method": "btree",
            "keys": tuple(key.column for key in made),
            "descending": tuple(key.descending for key in made),
            "nulls_first": tuple(key.nulls_first for key in made),
            "classes": tuple(key.operator_class for key in made),
        }
        | more
    )


def candidate(text, equality=0, **more):
    return Candidate(table="t", keys=keys(text), equality=equality, **more)


@pytest.mark.parametrize(
    ("wanted", "equality", "has", "more", "expected"),
    [
        ("a", 1, "a", {}, True),
        ("a", 1, "a, z", {}, True),
        ("a, b", 2, "b, a", {}, True),
        ("a, b", 2, "b, a desc, z", {}, True),
        ("a", 1, "b, a", {}, True),  # b is compared as well
        ("a", 1, "z, a", {}, False),
        ("a, b", 2, "a", {}, False),
        ("a, x desc", 1, "a, x", {}, True),  # read backwards
        ("a, x desc, y", 1, "a, x, y desc", {}, True),
        ("a, x desc, y", 1, "a, x, y", {}, False),
        ("a, x desc flip, y", 1, "a, x, y desc", {}, False),  # NULLS elsewhere
        ("a, x", 1, "a, b, x", {}, True),
        ("a, x", 1, "a, z, x", {}, False),
        ("a", 1, "a", {"valid": False}, False),
        ("a", 1, "a", {"method": "hash"}, False),
        ("a", 1, "a", {"collations": ("C",)}, False),
        ("x", 0, "x text_pattern_ops", {}, False),
        ("x text_pattern_ops", 0, "x", {}, False),
        ("x text_pattern_ops", 0, "x varchar_pattern_ops", {}, True),
        ("a", 1, "a", {"predicate": "(state = 'new'::text)"}, True),
        ("a", 1, "a", {"predicate": "((state)::text = 'new'::text)"}, True),
        ("a", 1, "a", {"predicate": "(state = 'old'::text)"}, False),
        ("a", 1, "a", {"predicate": "(a IS NOT NULL)"}, True),
        ("a", 1, "a", {"predicate": "(z IS NOT NULL)"}, False),
        ("a", 1, "a", {"predicate": "(a <> 5)"}, False),
        ("a, b, x", 2, "a", {"unique": True}, True),  # one row at most
        ("a, x", 1, "a, z", {"unique": True}, False),
    ],
)  # fmt: skip
def test_what_an_existing_index_does_already(wanted, equality, has, more, expected):
    assert covered(candidate(wanted, equality), [index(has, **more)], KNOWN) is expected


@pytest.mark.parametrize(
    ("wanted", "has", "more", "expected"),
    [
        ("a, b", "a", {}, True),
        ("a, x desc", "a desc", {}, True),  # one key has no direction
        ("a, x, y", "a, x", {}, True),
        ("a, x desc, y", "a, x", {}, False),
        ("a, b", "b", {}, False),
        ("a, b", "a, b", {}, False),
        ("a, b", "a", {"unique": True}, False),
        ("a, b", "a", {"constrained": True}, False),
        ("a, b", "a", {"replica_identity": True}, False),
        ("a, b", "a", {"valid": False}, False),
        ("a, b", "a", {"predicate": "(b = 2)"}, False),
        ("a, b", "a", {"method": "hash"}, False),
        ("a, b", "a", {"collations": ("C",)}, False),
        ("a, b", "a text_pattern_ops", {}, False),
        ("a, b", "a", {"included": ("z",)}, False),
        ("a, b", "a", {"included": ("b",)}, True),
    ],
)  # fmt: skip
def test_only_a_prefix_that_guarantees_nothing_becomes_superfluous(wanted, has, more, expected):
    assert bool(replaced(candidate(wanted, 1), [index(has, **more)])) is expected


def test_the_longest_prefix_is_replaced():
    old = [index("a"), index("a, b", name="longer")]
    assert replaced(candidate("a, b, c"), old).name == "longer"


@pytest.mark.parametrize(
    ("key", "printed", "same"),
    [
        (SortKey(column="lower((a)::text)", expression=True), "lower(a::text)", True),
        (SortKey(column="lower(a)", expression=True), "upper(a)", False),
        (SortKey(column="(data ->> 'K'::text)", expression=True), "(data ->> 'k'::text)", False),
        (SortKey(column="A b"), '"A b"', True),
        (SortKey(column="a"), '"A"', False),
        (SortKey(column="lower(a)"), "lower(a)", False),
    ],
)  # fmt: skip
def test_a_key_is_known_however_it_is_printed(key, printed, same):
    assert same_key(key, printed) is same


def test_brackets_and_blanks_do_not_make_a_difference():
    assert canonical("((a)::text  = 'x  y')") == canonical("a::text = 'x  y'")
    assert canonical("a = 'x'") != canonical("a = 'X'")


@pytest.mark.parametrize(
    ("wanted", "has", "expected"),
    [
        ("doc jsonb_path_ops", "doc", True),  # the default class knows more operators
        ("doc", "doc jsonb_path_ops", False),
        ("doc gin_trgm_ops", "doc gin_trgm_ops", True),
        ("doc gin_trgm_ops", "doc", False),
        ("doc", "z, doc", True),  # GIN searches any of its columns
    ],
)
def test_a_gin_index_covers_by_column_and_class(wanted, has, expected):
    found = covered(candidate(wanted, method="gin"), [index(has, method="gin")], KNOWN)
    assert found is expected


def test_a_column_that_is_null_does_not_keep_the_order_behind_it():
    known = conditions("(gone IS NULL)")
    twin = candidate("at desc", where="gone IS NULL", where_columns=("gone",))
    assert not covered(twin, [index("gone, at desc")], known)
    assert covered(twin, [index("at desc", predicate="(gone IS NULL)")], known)
    assert covered(candidate("gone", equality=1), [index("gone, at desc")], known)


@pytest.mark.parametrize(
    ("wanted", "there", "does"),
    [("", "", True), ('"C"', "C", True), ("ci", "ci", True), ('"C"', "", False), ("", "C", False)],
)
def test_an_order_needs_its_collation(wanted, there, does):
    order = Candidate(table="t", keys=(SortKey(column="name", collation=wanted),))
    assert covered(order, [index("name", collations=(there,))], conditions(None)) is does
