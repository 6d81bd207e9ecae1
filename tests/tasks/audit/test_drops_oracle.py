"""Random sets of indexes on a real server, judged by what PostgreSQL's documentation promises.

The oracle knows the indexes as they were asked for, not the catalogue: ``y`` serves for ``x`` if
every scan of ``x`` can be done with ``y``, forwards or backwards (11.3, 11.4), from the same rows
(11.8), with the same columns at hand (11.9), and whatever ``x`` refuses is refused.
"""

import itertools
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.tasks.audit.drops import drops

COLUMNS = ("a", "b", "c", "s")
ORDERS = ("", " desc", " nulls first", " desc nulls last")
BACKWARDS = {"": " desc", " desc": "", " nulls first": " desc nulls last",
             " desc nulls last": " nulls first"}  # fmt: skip
#: Predicates of one line hold the same rows.
ROWS = (
    ("",),
    ("where a > 5 and b = 1", "where 1 = b and (a > 5)"),
    ("where a > 5", "where 5 < a"),
    ("where s in ('x', 'y')", "where s in ('y', 'x')"),
)


@dataclass(frozen=True)
class Wanted:
    """An index as it was asked for."""

    method: str
    keys: tuple[tuple[str, str, str], ...]  # column, what else tells it apart, order
    included: frozenset[str]
    rows: int
    spelling: int
    strict: str  # "", unique, unique nulls not distinct, constraint, deferrable

    def sql(self, name):
        keys = ", ".join(f"{column}{how}{order}" for column, how, order in self.keys)
        if self.strict.startswith("constraint"):
            later = " deferrable" if self.strict.endswith("deferrable") else ""
            columns = ", ".join(column for column, _, _ in self.keys)
            return f"alter table r add constraint {name} unique ({columns}){later}"
        include = f"include ({', '.join(sorted(self.included))})" if self.included else ""
        where = ROWS[self.rows][self.spelling % len(ROWS[self.rows])]
        nulls = "nulls not distinct" if self.strict.endswith("distinct") else ""
        unique = "unique" if self.strict else ""
        return (
            f"create {unique} index {name} on r using {self.method} ({keys}) {include} {nulls} "
            f"{where}"
        )


@st.composite
def wanted(draw):
    method = draw(st.sampled_from(["btree"] * 6 + ["hash", "brin", "gist"]))
    most = 1 if method == "hash" else 3
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=most, unique=True))
    strict = draw(
        st.sampled_from(
            ["", "", "", "unique", "unique nulls not distinct", "constraint",
             "constraint deferrable"]
        )
    )  # fmt: skip
    plain = method != "btree" or strict.startswith("constraint")
    keys = []
    for column in columns:
        how = ' collate "C"' if column == "s" and not plain and draw(st.booleans()) else ""
        if column == "s" and method == "btree" and not how and not plain and draw(st.booleans()):
            how = " text_pattern_ops"
        keys.append((column, how, "" if plain else draw(st.sampled_from(ORDERS))))
    strict = strict if method == "btree" else ""
    constrained = strict.startswith("constraint")
    others = [column for column in COLUMNS if column not in columns]
    included = () if plain or not others else draw(st.sets(st.sampled_from(others), max_size=2))
    rows = 0 if constrained else draw(st.sampled_from([0, 0, *range(len(ROWS))]))
    return Wanted(method, tuple(keys), frozenset(included), rows, draw(st.integers(0, 1)), strict)


def serves(y, x):
    if (y.method, y.rows) != (x.method, x.rows):
        return False
    count = len(x.keys)
    backwards = tuple((column, how, BACKWARDS[order]) for column, how, order in x.keys)
    if x.method == "btree":
        answers = y.keys[:count] in (x.keys, backwards)
    elif x.method == "brin":
        answers = set(y.keys) == set(x.keys)
    else:
        answers = y.keys == x.keys
    at_hand = {column for column, _, _ in y.keys} | y.included
    if not answers or not x.included <= at_hand:
        return False
    return not x.strict or (len(y.keys) == count and refuses(y.strict, x.strict))


def refuses(y, x):
    """Whether what is strict as ``y`` is at least as strict as ``x``; constraints stay anyway."""
    at_once = {"unique": 1, "constraint": 1, "unique nulls not distinct": 2}
    return not x.startswith("constraint") and at_once.get(y, 0) >= at_once[x]


@pytest.fixture(scope="module")
def connection(lab_server):
    engine = sa.create_engine(lab_server.url("postgres"), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("create schema drawn")
        connection.exec_driver_sql("set search_path to drawn, public")
        connection.exec_driver_sql("create extension if not exists btree_gist")
        yield connection
        connection.rollback()
    engine.dispose()


def dropped(connection, indexes, old):
    nested = connection.begin_nested()
    connection.exec_driver_sql("create table r (a int, b int, c int, s text)")
    for name, each in indexes.items():
        connection.exec_driver_sql(each.sql(name))
    found = catalog.indexes(connection, identify(connection))
    nested.rollback()
    own = [index for index in found if index.schema == "drawn"]
    assert {index.name for index in own} == set(indexes)
    return {drop.index.name for drop in drops(own, old) if drop.kind != "unused"}


@given(some=st.lists(wanted(), min_size=2, max_size=7))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_goes_is_served_by_what_stays_and_nothing_served_stays(connection, old, some):
    indexes = {f"i{number}": each for number, each in enumerate(some)}
    gone = dropped(connection, indexes, old)
    stay = {name: each for name, each in indexes.items() if name not in gone}
    for name in gone:
        assert any(serves(other, indexes[name]) for other in stay.values()), indexes[name]
    for (one, x), (other, y) in itertools.permutations(stay.items(), 2):
        assert not serves(y, x) or x.strict.startswith("constraint"), (one, x, other, y)
