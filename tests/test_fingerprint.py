from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, bindparam, column, insert, literal, select, table
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg, psycopg, psycopg2

from perfkit.fingerprint import fingerprint, fingerprint_id, fingerprint_many

ORDERS = table("orders", column("id", Integer), column("user_id", Integer), column("note"))

CHARACTERS = "'\"`$?:%@.,;()[]+-*/\\ \nabNE019_é"
VALUES = """1e3 .5 5. 0x1F 0b101 0o17 1_000 1.5E-3 $1 ? %s %(user_id_1)s :name @p1
    E'it\\'s' N'x' B'01' X'ff' U&'\\0441' $$it's$$ '12:30' 'a[1:2]' '--' '/*'"""
# Literals and placeholders in all notations; any of them may stand for any other.
values = st.one_of(
    st.integers().map(str),
    st.integers(0).map(lambda n: f"+ {n}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        [
            *VALUES.split(),
            *("''", "''''", "'C:\\'", "$tag$ a $$ b $tag$", "- - 2"),
            *("'a' 'b'", "'a\n'  -- more\n 'b'"),
        ]
    ),
    st.text(alphabet=st.characters(exclude_characters="\\\x00", exclude_categories=["Cs"])).map(
        lambda text: "'" + text.replace("'", "''") + "'"
    ),
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT  1 ;", "select ?"),
        ("select a=1,b = 2 from T", "select a = ?, b = ? from t"),
        ("SELECT f( a , 1 ) , t . c , a :: int", "select f(a, ?), t.c, a::int"),
        ("SELECT count( * ) FROM t", "select count(*) from t"),
        ("select a - 1", "select a - ?"),
        ("select a -1", "select a - ?"),
        ("select a + -123", "select a + ?"),
        ("select a + 123", "select a + ?"),
        ("where a = -1 and b in (-1, +2)", "where a = ? and b in (?)"),
        ("select current_date - 1", "select current_date - ?"),
        ("select f(x) - 1, a[1] - 1", "select f(x) - ?, a[?] - ?"),
        ("select -a", "select - a"),
        ('SELECT "Or""ders"."X 1", `my col` FROM t', 'select "Or""ders"."X 1", `my col` from t'),
        ("select null, TRUE, False, - null", "select ?, ?, ?, ?"),
        ("select not true, not a, (a) is not true", "select not ?, not a, (a) is not true"),
        ("where a is null and b is not NULL", "where a is null and b is not null"),
        ("update t set a = null, b=true", "update t set a = ?, b = ?"),
        ("insert into t values (null, true, default)", "insert into t values (?, ?, default)"),
        ("f(null, a => false) limit null", "f(?, a => ?) limit ?"),
        ("a int null, b int not null default null", "a int null, b int not null default null"),
        ("on delete set null, null.a, t.null", "on delete set null, ?.a, t.null"),
        ("select extract(year from ts_286) from t", "select extract(? from ts_286) from t"),
        ("select a[:2], a[:$2], a[-1]", "select a[: ?], a[: ?], a[?]"),
        ("select array[[1, 2], [3, 4]], b[1]", "select array[[?]], b[?]"),
        ("a = ?1 and b = ?22 and c ?| d", "a = ? and b = ? and c ?| d"),
        ("a = :1 and b = @p1 and c = %(x)s", "a = ? and b = ? and c = ?"),
        ("select t_286, v2$x, é1 from p0", "select t_286, v2$x, é1 from p0"),
        ("select /* a /* nested */ b */ 1 -- end", "select ?"),
        ("select 1 -- no * comment '\n, 2", "select ?, ?"),
        ("select a #> '{x}', b # 1", "select a #> ?, b # ?"),
        ("select '12:30', ts::time, a[1:2], :name", "select ?, ts::time, a[?:?], ?"),
        ("select a[1:n], a[lo:hi], a[$1:$2]", "select a[?:n], a[lo:hi], a[?:?]"),
        ("x = ANY(ARRAY[1, 2, 3])", "x = any(array[?])"),
        ("x = ANY(ARRAY[1]::int[])", "x = any(array[?]::int[])"),
        ("x in (1)", "x in (?)"),
        ("x NOT IN ('a', 'b', 'c')", "x not in (?)"),
        ("x in ($1::int, $2::int)", "x in (?::int)"),
        ("(a, b) in ((1, 2), (3, 4))", "(a, b) in ((?, ?))"),
        ("x in (1, y, 2)", "x in (?, y)"),
        ("x in ($1 /*, ... */)", "x in (?)"),
        ("x in (select 1, 1)", "x in (select ?, ?)"),
        ("x in (values (1), (2))", "x in (values (?), ...)"),
        ("x in (1, 2, 3", "x in (?"),
        ("insert into t values (1, 2)", "insert into t values (?, ?)"),
        ("insert into t values (1, 2),(3, 4)", "insert into t values (?, ?), ..."),
        ("insert into t values (1, f(2)), (3, (4)), (5", "insert into t values (?, f(?)), ..."),
        (
            "insert into t(a) values (1),(2) on conflict (a) do nothing",
            "insert into t(a) values (?), ... on conflict (a) do nothing",
        ),
        ("values row(1, 2), row(3, 4)", "values row(?, ?), ..."),
        (
            "insert into t values (1) on duplicate key update a = values(a), b = values(b)",
            "insert into t values (?) on duplicate key update a = values (a), b = values (b)",
        ),
        ("select data ? 'k', data ?| array['a', 'b']", "select data ? ?, data ?| array[?]"),
        ("select a->>'x' from t where b@>'{}'", "select a ->> ? from t where b @> ?"),
        ("select a %% 2", "select a % ?"),
        ("select a=%s", "select a = ?"),
        ("select interval '1 day', date '2024-01-01'", "select interval ?, date ?"),
        ("select 'it\\'s', 2 /* MySQL */", "select ?, ?"),
        ("select 'C:\\', 'b' /* standard */", "select ?, ?"),
        ("begin; select 1;;", "begin; select ?"),
        ("", ""),
        ("  -- nothing", ""),
    ],
)
def test_the_fingerprint_of(statement, expected):
    assert fingerprint(statement) == expected


def test_client_server_and_log_variants_of_one_statement_meet():
    statement = select(ORDERS.c.id).where(ORDERS.c.user_id == bindparam("user_id_1"))
    filled = select(ORDERS.c.id).where(ORDERS.c.user_id == literal(42))
    inlined = {"literal_binds": True}
    variants = [
        str(statement),
        str(statement.compile(dialect=sqlite.dialect())),
        str(statement.compile(dialect=mysql.dialect(paramstyle="format"))),
        str(statement.compile(dialect=psycopg2.dialect())),
        str(filled.compile(dialect=sqlite.dialect(), compile_kwargs=inlined)),
        "/* route=x */ SELECT orders.id FROM orders WHERE orders.user_id=$1;",
    ]
    assert {fingerprint(v) for v in variants} == {
        "select orders.id from orders where orders.user_id = ?"
    }


def test_drivers_that_write_casts_meet_each_other_and_the_server():
    statement = select(ORDERS.c.id).where(ORDERS.c.user_id.in_([1, 2, 3]))
    expand = {"render_postcompile": True}
    variants = [
        str(statement.compile(dialect=psycopg.dialect(), compile_kwargs=expand)),
        str(statement.compile(dialect=asyncpg.dialect(), compile_kwargs=expand)),
        "SELECT orders.id FROM orders WHERE orders.user_id IN (1::INTEGER, 2::INTEGER)",
        "SELECT orders.id FROM orders WHERE orders.user_id IN ($1::INTEGER /*, ... */)",
    ]
    assert {fingerprint(v) for v in variants} == {
        "select orders.id from orders where orders.user_id in (?::integer)"
    }


@pytest.mark.parametrize("value", ["%(user_id_1)s", "$1", "42", ":user_id_1 ", "?", "'42'"])
def test_casts_are_kept_whatever_is_cast(value):
    assert fingerprint(f"SELECT id FROM orders WHERE user_id = {value}::INTEGER") == (
        "select id from orders where user_id = ?::integer"
    )


@pytest.mark.parametrize("rows", [2, 3, 2000])
def test_an_insert_of_many_rows_has_one_fingerprint_whatever_their_number(rows):
    statement = insert(ORDERS).values([{"id": n, "note": "x"} for n in range(rows)])
    assert fingerprint(str(statement.compile(dialect=mysql.dialect()))) == (
        "insert into orders(id, note) values (?, ?), ..."
    )


@given(values, values)
@example("'a' 'b'", "1")
def test_replacing_a_literal_by_another_leaves_the_fingerprint(one, other):
    template = "SELECT a FROM t WHERE b = {0} AND c IN (1, {0} ) AND f({0} , - {0} ) > a + {0}"
    assert fingerprint(template.format(one)) == fingerprint(template.format(other))


@given(st.lists(values, min_size=1, max_size=30))
def test_a_list_after_in_is_one_placeholder_however_long_it_is(items):
    listed = " , ".join(items)
    assert fingerprint(f"select 1 where x in ({listed} )") == "select ? where x in (?)"
    assert fingerprint(f"select 1 where x = any(array[{listed} ])") == (
        "select ? where x = any(array[?])"
    )


# Names with digits that do not number a part of something.
names = st.from_regex(r"[a-z]{2}[a-z0-9]{0,10}", fullmatch=True).filter(
    lambda name: not name.startswith(("part", "shard", "chunk", "bucket", "temp", "hyper"))
)


@given(names, names)
def test_another_table_is_another_fingerprint(one, other):
    same = fingerprint(f"select * from t_{one}") == fingerprint(f"select * from t_{other}")
    assert same == (one == other)
    quoted = fingerprint(f'select * from "{one}"') == fingerprint(f'select * from "{other}"')
    assert quoted == (one == other)


@given(st.text(max_size=60))
def test_the_fingerprint_of_a_fingerprint_is_itself(text):
    once = fingerprint(text)
    assert fingerprint(once) == once


@given(st.binary(max_size=200))
def test_any_bytes_have_a_fingerprint(data):
    for text in (data.decode("latin-1"), data.decode("utf-8", "surrogateescape")):
        assert fingerprint_id(fingerprint(text))


MYSQL = [
    ('SELECT "it\'s", \'a\\\'b\', "c""d" FROM `T`', "select ?, ?, ? from `T`"),
    ("select 1 # one\n, 2 -- two\n, 5--3", "select ?, ?, ? - ?"),
    ("select 1 /* a /* b */, 2", "select ?, ?"),
    ("select _utf8mb4'x', N'y', a->>\"$.b\"", "select _utf8mb4 ?, ?, a ->> ?"),
    ("select 'a' \"b\", @v, @@slow", "select ?, ?, @@ slow"),
    ('insert into t values (1,"a"),(2,"b")', "insert into t values (?, ?), ..."),
    ("select 'C:\\', 'a''b'", "select ?, ?"),
    ("select a$1 from t$$ where b = '$$'", "select a$1 from t$$ where b = ?"),
]


@pytest.mark.parametrize(("statement", "expected"), MYSQL)
def test_the_fingerprint_in_the_dialect_of_mysql(statement, expected):
    assert fingerprint(statement, "mysql") == expected
    assert fingerprint(expected, "mysql") == expected
    assert fingerprint_many([statement] * 2, "mysql")[0].to_pylist() == [expected] * 2


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT `a`.`b` FROM `a` WHERE `a`.`c` IN (1, 2) AND d = 'it''s' /* x */",
        "insert into t (a) values (%s), (%s) on duplicate key update a = values(a)",
        "select count(*) from orders_2024_01 where a = -1.5e3 and b is null limit ?",
    ],
)
def test_client_and_server_meet_whatever_the_dialect(statement):
    assert fingerprint(statement, "mysql") == fingerprint(statement)


def test_the_id_is_the_short_blake2b_hash():
    text = "select ?"
    assert fingerprint_id(text) == hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@settings(deadline=None, max_examples=300)  # the first call imports
@given(st.lists(st.one_of(st.none(), st.text(CHARACTERS), values), max_size=20))
def test_many_fingerprints_are_those_of_each(statements):
    found, ids = fingerprint_many(statements)
    expected = [None if s is None else fingerprint(s) for s in statements]
    assert found.to_pylist() == expected
    assert ids.to_pylist() == [None if f is None else fingerprint_id(f) for f in expected]
    assert found.type == ids.type == pa.dictionary(pa.int32(), pa.string())


def test_chunks_dictionaries_and_large_strings_are_accepted():
    texts = ["select 1", None, "select 2", "select a"]
    expected = ["select ?", None, "select ?", "select a"]
    for statements in (
        pa.chunked_array([texts[:2], texts[2:]]),
        pa.array(texts).dictionary_encode(),
        pa.chunked_array(
            [pa.array(texts[:2]).dictionary_encode(), pa.array(texts[2:]).dictionary_encode()]
        ),
        pa.array(texts, pa.large_string()),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), pa.array(texts)),
    ):
        found, ids = fingerprint_many(statements)
        assert found.to_pylist() == expected
        assert ids[1].as_py() is None
        assert found.type == pa.dictionary(pa.int32(), pa.string())
    assert fingerprint_many(pa.chunked_array([], pa.string()))[0].to_pylist() == []


def test_many_equal_shapes_are_stored_once():
    found, ids = fingerprint_many([f"select {n}" for n in range(1000)])
    assert found.dictionary.to_pylist() == ["select ?"]
    assert len(ids.dictionary) == 1


@pytest.mark.parametrize(
    "unit", ["1,", "x ", "(", "a.b,", "1+", "é=1 ", '"a', "a[", "'a' ", "--", "x.y.", "- "]
)
def test_a_statement_without_end_is_known_by_its_beginning(unit):
    text = "select " + unit * (300_000 // len(unit))
    found = fingerprint(text)
    assert len(found) < 2 * len(text)
    assert fingerprint_many([text])[0].to_pylist() == [found]
    assert fingerprint(found) == found
    assert fingerprint_many([found])[0].to_pylist() == [found]


def test_a_statement_of_long_lists_is_known_as_a_whole():
    text = f"select a from t where b in (1{',2' * 400_000}) order by c"
    assert fingerprint(text) == "select a from t where b in (?) order by c"
    assert fingerprint_many([text])[0].to_pylist() == [fingerprint(text)]


def test_what_is_behind_a_quarter_of_a_million_characters_makes_no_difference():
    text = "select " + "a + " * 100_000
    assert fingerprint(text + "b").endswith(" ...")
    assert fingerprint(text + "b") == fingerprint(text + "c")
    assert fingerprint(text[:9999] + "b") != fingerprint(text[:9999] + "c")
