import pytest

from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.near_misses import near_misses

TABLE = "create table t (a int, b text, c int not null, d int, p point, q point);"


def kept(engine, gone=()):
    with rolled_back("test", engine, timeout_s=10) as connection:
        found = catalog.indexes(connection, identify(connection))
    mine = [index for index in found if index.table == "t"]
    return {advice.index: advice.reason for advice in near_misses(mine, gone)}


@pytest.mark.parametrize(
    ("ddl", "index", "why"),
    [
        ("create index x on t (b text_pattern_ops); create index y on t (b, a)", "x", "class"),
        ('create index x on t (b collate "C"); create index y on t (b, a)', "x", "collation"),
        ("create index x on t (a, c desc); create index y on t (a, c, d)", "x", "directions"),
        ("create index x on t (a) where d > 5; create index y on t (a, c)", "x", "rows (WHERE)"),
        ("create unique index x on t (a); create index y on t (a, c)", "x", "unique"),
        ("alter table t add constraint x unique (a); create index y on t (a, c)", "x", "constr"),
        (
            "alter table t add constraint x unique (c); alter table t add constraint y unique (c)",
            "x",
            "both enforce",
        ),
        (
            "create index x on t using gist (p); create index y on t using gist (p, q)",
            "x",
            "b-tree",
        ),
        ("create index x on t (a) include (d); create index y on t (a, c)", "x", "included"),
        ("create index x on t using hash (a); create index y on t (a, c)", "x", "it is hash"),
        (
            (
                "create unique index x on t (c); alter table t replica identity using index x;"
                "create index y on t (c, a)"
            ),
            "x",
            "unique",
        ),
    ],
)
def test_the_reason_why_an_index_stays_is_told(audited, ddl, index, why):
    found = kept(audited(TABLE + ddl))
    assert set(found) == {index}
    assert why in found[index]


@pytest.mark.parametrize(
    "ddl",
    ["create index x on t (a); create index y on t (c, a)", "create index x on t (a, c)"],
)
def test_indexes_that_do_not_look_alike_are_not_mentioned(audited, ddl):
    assert kept(audited(TABLE + ddl)) == {}


def test_what_goes_is_no_near_miss(audited):
    engine = audited(TABLE + "create index x on t (a); create index y on t (a, c)")
    assert kept(engine, gone=[("public", "x")]) == {}
