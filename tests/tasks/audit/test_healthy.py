"""A schema with the indexes it needs, and over forty statements on it: nothing to create."""

import pytest

from perfkit.tasks.index_audit import index_audit

SCHEMA = """
create extension if not exists pg_stat_statements;
create table authors (id int primary key, name text not null, email text not null unique,
                      country char(2) not null, joined date not null);
create table books (
    id int primary key, author_id int not null references authors, isbn text not null unique,
    title text not null, published date not null, price numeric(8,2) not null,
    stock int not null, genre text not null, deleted_at timestamptz, meta jsonb not null);
create table loans (
    id bigint primary key, book_id int not null references books, reader_id int not null,
    lent_at timestamptz not null, returned_at timestamptz, fee numeric(6,2) not null);
create table settings (key text primary key, value text);
insert into authors select i, 'Author ' || i, 'a' || i || '@x.example',
    (array['de','fr','us','gb'])[1 + i % 4], date '2000-01-01' + i % 7000
from generate_series(1, 3000) i;
insert into books select i, 1 + (i * 7919) % 3000, 'isbn' || i, 'Title ' || (i * 31) % 9000,
    date '1990-01-01' + (i * 13) % 12000, 5 + i % 50, i % 30,
    (array['crime','poetry','novel','science','travel'])[1 + i % 5],
    case when i % 50 = 0 then timestamptz '2025-01-01' + i * interval '1 min' end,
    jsonb_build_object('pages', i % 900, 'tag', 't' || i % 400)
from generate_series(1, 30000) i;
insert into loans select i, 1 + (i * 104729::bigint) % 30000, (i * 15485863::bigint) % 5000,
    timestamptz '2024-01-01' + i * interval '7 min',
    case when i % 20 > 0 then timestamptz '2024-01-10' + i * interval '7 min' end, i % 9
from generate_series(1, 60000) i;
insert into settings select 'k' || i, 'v' from generate_series(1, 40) i;
create index books_author on books (author_id, published desc);
create index books_title on books (title text_pattern_ops);
create index books_genre_published on books (genre, published desc);
create index books_deleted on books (deleted_at) where deleted_at is not null;
create index books_meta on books using gin (meta jsonb_path_ops);
create index books_lower_title on books (lower(title));
create index books_published on books (published);
create index loans_book on loans (book_id, lent_at desc);
create index loans_reader on loans (reader_id, lent_at desc);
create index loans_open on loans (lent_at) where returned_at is null;
create index loans_lent on loans (lent_at);
create index authors_name on authors (name);
"""
STATEMENTS = [
    ("select * from books where id = %s", (7,)),
    ("select * from books where isbn = %s", ("isbn9",)),
    ("select * from books where author_id = %s order by published desc limit 10", (9,)),
    ("select * from books where author_id = %s", (9,)),
    ("select count(*) from books where author_id = %s and published > %s", (9, "2000-01-01")),
    ("select title from books where title like 'Title 12%%'", ()),
    ("select * from books where genre = %s order by published desc limit 20", ("crime",)),
    ("select * from books where deleted_at > %s", ("2025-01-20",)),
    ("select * from books where meta @> '{\"tag\": \"t7\"}'", ()),
    ("select * from books where lower(title) = %s", ("title 77",)),
    ("select * from books where published between %s and %s", ("1999-01-01", "1999-01-20")),
    ("select * from books order by published limit 25", ()),
    ("select * from books order by id desc limit 25", ()),
    ("select count(*) from books", ()),
    ("select genre, count(*), avg(price) from books group by genre", ()),
    ("select * from books", ()),
    ("select avg(price) from books where stock > %s", (0,)),
    ("select * from books where stock < %s", (25,)),
    ("select b.*, a.name from books b join authors a on a.id = b.author_id where b.id = %s", (5,)),
    ("select a.name, count(*) from authors a join books b on b.author_id = a.id group by 1", ()),
    ("select * from authors where email = %s", ("a5@x.example",)),
    ("select * from authors where name = %s", ("Author 9",)),
    ("select * from authors where country = %s", ("de",)),
    ("select * from authors", ()),
    ("select country, count(*) from authors group by country order by 2 desc", ()),
    ("select * from authors where id in (1, 5, 9, 200)", ()),
    ("select * from loans where book_id = %s order by lent_at desc limit 5", (77,)),
    ("select * from loans where reader_id = %s order by lent_at desc limit 5", (77,)),
    ("select * from loans where returned_at is null and lent_at < %s", ("2024-02-01",)),
    ("select * from loans where lent_at >= %s and lent_at < %s", ("2024-03-01", "2024-03-03")),
    ("select count(*) from loans", ()),
    ("select sum(fee) from loans", ()),
    ("select date_trunc('month', lent_at), count(*) from loans group by 1 order by 1", ()),
    ("select reader_id, count(*) from loans group by 1 order by 2 desc limit 10", ()),
    ("select l.*, b.title from loans l join books b on b.id = l.book_id where l.reader_id = %s",
     (12,)),
    (("select b.title, count(*) from loans l join books b on b.id = l.book_id group by 1 "
     "order by 2 desc limit 10"), ()),
    ("select exists (select from loans where book_id = %s and returned_at is null)", (9,)),
    ("select * from books b where not exists (select from loans l where l.book_id = b.id)", ()),
    ("select max(lent_at) from loans", ()),
    ("select max(lent_at) from loans where book_id = %s", (5,)),
    ("select * from settings where value = %s", ("v",)),
    ("select * from settings", ()),
    ("select distinct genre from books", ()),
    ("select * from loans where fee >= %s", (0,)),
    ("with l as (select * from loans where reader_id = %s) select count(*) from l", (3,)),
    ("select row_number() over (order by lent_at), id from loans limit 1000", ()),
    ("update books set stock = stock + 1 where id = %s returning id", (5,)),
    ("delete from settings where key = %s returning key", ("none",)),
    ("insert into settings values (%s, 'x') on conflict (key) do nothing returning key", ("k1",)),
]  # fmt: skip


@pytest.fixture
def busy(audited, monkeypatch):
    monkeypatch.setattr("perfkit.probes.slow_statements.LEAST_MS", 0.0)
    engine = audited(SCHEMA)
    with engine.connect() as connection:
        connection.exec_driver_sql("select pg_stat_statements_reset()")
        for sql, values in STATEMENTS:
            for _ in range(6):
                connection.exec_driver_sql(sql, values).all()
    return engine


@pytest.mark.parametrize("prove", [False, True])
def test_a_workload_with_all_its_indexes_gets_no_proposal(busy, prove):
    result = index_audit(busy, limit=100, prove=prove, expendable=prove)
    assert result.totals["statements"] >= len(STATEMENTS) - 2
    assert [(a.index, a.statement) for a in result.advices if a.index and a.do] == []
    made = [(a.index, a.statement) for a in result.advices if a.action in {"create", "replace"}]
    assert made == []
