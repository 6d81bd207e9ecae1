import pytest

from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.variants import variant


@pytest.mark.parametrize("kind", ["sql", "http"])
def test_only_statements_have_variants(kind):
    one, other = (
        Target(fingerprint=f"select a from tenant_{n}.b") if kind == "sql" else Target(url=f"/a{n}")
        for n in (1, 2)
    )
    assert (variant(one) == variant(other)) is (kind == "sql")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("select a from x.b", "select a from y.b", True),
        ('update "x-1".b set a = ?', 'update "x-2".b set a = ?', True),
        ("select a from x.b join x.c", "select a from y.b join y.c", True),
        ("select x.a from b", "select y.a from b", False),
        ("select a from b", "select a from c", False),
    ],
)
def test_statements_that_differ_in_the_schema_alone_are_one(one, other, same):
    assert (variant(Target(fingerprint=one)) == variant(Target(fingerprint=other))) is same
