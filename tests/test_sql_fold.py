from __future__ import annotations

import gc
import gzip
import json
import random
import re
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select
from sqlalchemy.dialects import mysql, postgresql, sqlite

from perfkit.sql_fold import folded
from perfkit.sql_shape import shape

DATA = Path(__file__).parents[2] / "shared/data/logs"

MARKS = "'\"`$?:%@.,;()[]{}+-*/<>=~!|&^#\\ \n\tabeEnNxX019_é"
PIECES = r"""-- /* */ :: := $$ $a$ $1 ?1 %s %(a)s %(null)s :a :1 array[ row( E' N' U&' u&" 1e 0x 1.
    ... ?| in( values( ->> @p1 \' '' null true is not 0x1f 1.5 .5 1e5 -1 'a' E'a\'b' "a" `c` in(1,2)
    values(1),(2) in((1,2),(3,4)) array[1,2] t_286 from _? t_? --\n /*c*/ é1 1é ::int (1), 'x',"""
LARGE = [
    *("in (", "values (", "select a from t where b = ", " and c in (1,2,3)", "'x''y'", "'b\\'"),
    *("'" + "long " * 120 + "'", " /* a='b' */", " -- c", "$$ q' $$", '"Order X"', "E'x\\'y'"),
    *(
        "insert into t values (1,'a',-2), (3,null,+4)",
        "in ('a','b')",
        "in (1::integer, 2::integer)",
    ),
    *("# c\n", " = null", "(-1, - 2)", "x in (%s, %s, %s)", "x in (:a_1, :a_2)", "limit 5", "\n"),
    *("/*action='a',traceparent='00-1'*/", " IS NULL", "x IN (?, ?, ?)", "'2024-01-01 00:00'"),
]
parts = st.one_of(st.sampled_from(MARKS), st.sampled_from(PIECES.split()), st.sampled_from(LARGE))
texts = st.builds(str.join, st.sampled_from(["", " "]), st.lists(parts, max_size=14))
dialects = st.sampled_from(["standard", "mysql"])


def few(statements, dialect="standard"):
    """Return the folded texts after a look at whether each has the shape it should have."""
    found = folded(pa.array(statements, pa.string()), dialect).to_pylist()
    for statement, short in zip(statements, found, strict=True):
        assert shape(short, dialect) == shape(statement, dialect), (statement, short)
    return set(found)


@settings(max_examples=100)  # the time goes into compiling patterns: many texts at a time
@given(st.lists(texts, min_size=30, max_size=60, unique=True), dialects)
@example(["$$ q' $$, $$ q' $$ " + "x" * 600], "standard")
@example(["E'1e\\'%x::int", "E'a''b\\'c", "'(1)' a = 'b\\'x in (1) = null\"'"], "standard")
@example(
    ["a = null:x", "%b'a'", "t_?'x'", ":array[1,2]", "é.in (1,2)", "1:b", "$1$$a$$"], "standard"
)
@example(["/*/*from/*/^a9", ':u&"u&"2b', "5--3", "'a\\'b' # c"], "mysql")
@example(['select "abc/*x*/', "select '/*x*/", "/*x='*/ " + "y" * 600 + " = 'c*/"], "standard")
def test_a_folded_text_has_the_shape_of_the_text(statements, dialect):
    few(statements, dialect)


@settings(max_examples=50)
@given(st.lists(st.text(max_size=80), unique=True, max_size=30), dialects)
def test_any_text_keeps_its_shape(statements, dialect):
    few(statements, dialect)


CHANCE = random.Random(7)
LITERALS = [
    lambda: str(CHANCE.randint(-1000, 10**9)),
    lambda: repr(CHANCE.uniform(-1e3, 1e3)),
    lambda: CHANCE.choice(["NULL", "true", "FALSE"]),
    lambda: f"'it''s {CHANCE.random()}'",
    lambda: f"E'a\\\\b {CHANCE.random()}\\n'",
    lambda: f"'2024-01-{CHANCE.randint(10, 28)} 12:00:00+00'",
    lambda: "'" + 'x -- /* " ' * CHANCE.randint(0, 90) + "'",
    lambda: f"$${CHANCE.random()}$$",
]


def literal():
    return CHANCE.choice(LITERALS)()


def many(make, count):
    return ", ".join(make() for _ in range(CHANCE.randint(1, count)))


TEMPLATES = {
    "quoted names": lambda: (
        f'SELECT "shop order"."id", "größe" FROM "Shop" WHERE "id" = {literal()} LIMIT 9'
    ),
    "list": lambda: (
        f"select a from t where b not in ({many(literal, 40)}) and c = any(array[1, 2])"
    ),
    "array": lambda: f"select a from t where b = any(array[{many(literal, 9)}]::text[])",
    "tuples": lambda: f"select a from t where (a, b) in ({many(lambda: f'({literal()}, 1)', 9)})",
    "rows": lambda: (
        f"insert into t (a, b) values {many(lambda: f'({literal()}, f(1))', 30)}, (1, 2)"
    ),
    "comment": lambda: (
        f"select a from t where b = {literal()} /*traceparent='00-{CHANCE.random()}-01',a='b'*/"
    ),
    "line comment": lambda: f"select a from t where b = {literal()} -- request {CHANCE.random()}",
    "casts": lambda: f"select a from t where b in ({many(lambda: '$1::INTEGER', 60)})",
    "names": lambda: f"select a from t where b in ({many(lambda: '%(b_1)s', 60)})",
    "backslash": lambda: f"select a from t where b = E'it\\'s {CHANCE.random()}' and c = 'C:\\dir'",
    "backslash of MySQL": lambda: f"update `t` set b = 'it\\'s {CHANCE.random()}' where c = 1",
    "cut": lambda: f"select a from t where b = 'unfinished {CHANCE.random()}",
    "signs": lambda: (
        f"select a from t where b between -{CHANCE.random()} and a + -{literal()[:0]}5"
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_left_of_many_statements_is_few(name):
    statements = list({TEMPLATES[name]() for _ in range(1000)})
    assert len(few(statements)) <= 4


def test_strings_in_double_quotes_and_hashes_are_folded_for_mysql():
    statements = [f"select 'it\\'s {n}', \"{n}\" # {n}\n from `t` -- {n}" for n in range(1000)]
    assert len(few(statements, "mysql")) == 1


def test_lists_and_rows_that_sqlalchemy_writes_become_few():
    table = Table("orders", MetaData(), Column("id", Integer), Column("note", Text))
    statements = set()
    for size in range(1, 60):
        rows = [{"id": n, "note": "x"} for n in range(size)]
        for dialect in (postgresql.dialect(), mysql.dialect(), sqlite.dialect()):
            for inlined in (False, True):
                options = {"render_postcompile": True, "literal_binds": inlined}
                listed = select(table).where(table.c.id.in_(range(size)))
                statements.add(str(listed.compile(dialect=dialect, compile_kwargs=options)))
            statements.add(str(insert(table).values(rows).compile(dialect=dialect)))
    assert len(few(sorted(statements))) <= 20


@pytest.mark.parametrize("name", ["pg15_start.json.gz", "ae_json.json.gz"])
def test_statements_of_a_real_log_keep_their_shape(name):
    if not (DATA / name).exists():
        pytest.skip("the recorded logs are not here")
    statements = set()
    for line in gzip.decompress((DATA / name).read_bytes()).decode().splitlines():
        message = json.loads(line).get("message", "")
        found = re.match(r"duration: \S+ ms  (?:statement|execute [^:]*): (.*)", message, re.DOTALL)
        statements |= {found[1]} if found else set()
    assert len(few(sorted(statements))) < 60


HOSTILE = """' " in( (?, in(?, values(1),(2), values(( /* $ $$ %( 1.1. \\' :a E'\\ 1_ -- *//* array[
    in((1,2), ''"""


@pytest.mark.parametrize("unit", [*HOSTILE.split(), "- ", ", null", "(1), "])
@pytest.mark.parametrize("dialect", ["standard", "mysql"])
def test_hostile_text_takes_time_in_proportion_to_its_length(unit, dialect):
    def seconds(size):
        texts = pa.array(["values (1), in (1, " + unit * (size // len(unit)) + "x"])
        gc.disable()
        try:
            begin = time.process_time()
            folded(texts, dialect)
            return time.process_time() - begin
        finally:
            gc.enable()

    # Ten times the length; a quadratic rule would take a hundred times as long.
    assert min(seconds(1_000_000) for _ in range(2)) < 60 * max(seconds(100_000), 0.02)
