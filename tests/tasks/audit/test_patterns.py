import pytest

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.tasks.audit.patterns import answered_by_prefix
from perfkit.tasks.audit.workload import Asked


def candidate(operator_class):
    key = SortKey(column="title", operator_class=operator_class)
    return Candidate(schema="public", table="books", keys=(key,), method="gin")


def facts(*, by_bytes=False, **index):
    made = {"name": "i", "method": "btree", "keys": ("title",), "classes": ("",), **index}
    table = TableFacts(
        schema="public",
        name="books",
        columns={"title": ColumnFacts(name="title", type="text", by_bytes=by_bytes)},
        indexes=(IndexFacts(**made),),
    )
    return Facts(tables={("public", "books"): table})


UNKNOWN = Asked(text="select 1 from books where title like $1", calls=9, mean_ms=3.0)
KNOWN = Asked(text=UNKNOWN.text, calls=9, mean_ms=3.0, values={"1": "%x%"})


@pytest.mark.parametrize(
    ("known", "asked", "operator_class", "answered"),
    [
        (facts(classes=("text_pattern_ops",)), UNKNOWN, "gin_trgm_ops", True),
        (facts(classes=("text_pattern_ops",)), KNOWN, "gin_trgm_ops", False),
        (facts(classes=("text_pattern_ops",)), UNKNOWN, "jsonb_ops", False),
        (facts(), UNKNOWN, "gin_trgm_ops", False),
        (facts(by_bytes=True), UNKNOWN, "gin_trgm_ops", True),
        (facts(by_bytes=True, collations=("de_DE",)), UNKNOWN, "gin_trgm_ops", False),
        (facts(collations=("C",)), UNKNOWN, "gist_trgm_ops", True),
        (facts(collations=("C",), keys=("isbn", "title")), UNKNOWN, "gin_trgm_ops", False),
        (facts(collations=("C",), valid=False), UNKNOWN, "gin_trgm_ops", False),
        (Facts(), UNKNOWN, "gin_trgm_ops", False),
    ],
)
def test_an_index_for_beginnings_says_what_the_unknown_patterns_are(
    known, asked, operator_class, answered
):
    assert answered_by_prefix(candidate(operator_class), known, asked) == answered
