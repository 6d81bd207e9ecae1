import pytest

from perfkit.probes.foreign_keys import foreign_keys
from perfkit.probes.session import rolled_back

PARENTS = (
    "create table p (id int primary key, a int, b int, unique (a, b));"
    "insert into p select i, i, i from generate_series(1, 2000) i;"
)
CHILD = PARENTS + (
    "create table c (id int primary key, p_id int references p, a int, b int,"
    " foreign key (a, b) references p (a, b));"
    "insert into c select i, i, i, i from generate_series(1, 2000) i;"
)
BOTH = {"c_p_id_fkey", "c_a_b_fkey"}


def names(engine, seed):
    with engine.connect() as connection:
        connection.exec_driver_sql(seed)
        connection.exec_driver_sql("analyze")
    with rolled_back("test", engine, timeout_s=10) as connection:
        return {key.name: key for key in foreign_keys(connection)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", BOTH),
        ("create index on c (p_id)", {"c_a_b_fkey"}),
        ("create index on c (p_id, a)", {"c_a_b_fkey"}),
        ("create index on c (a, p_id)", BOTH),
        ("create index on c (b, a)", {"c_p_id_fkey"}),  # any order serves the check
        ("create index on c (b, a, p_id)", {"c_p_id_fkey"}),
        ("create index on c (b)", BOTH),
        ("create index on c using hash (p_id)", {"c_a_b_fkey"}),
        ("create index on c using brin (p_id)", BOTH),
        ("create index on c (p_id) where p_id is not null", {"c_a_b_fkey"}),
        ("create index on c (p_id) where p_id > 10", BOTH),
        ("create index on c (a, b) where a is not null and b is not null", {"c_p_id_fkey"}),
        ("create index on c (a, b) where a is not null and p_id is not null", BOTH),
        ("create index on c (id) include (p_id)", BOTH),
        ("create index on c ((p_id + 0))", BOTH),
    ],
)
def test_a_key_is_served_by_an_index_that_finds_every_referring_row(plain_database, more, expected):
    assert set(names(plain_database, CHILD + more)) == expected


def test_an_invalid_index_serves_nobody(plain_database):
    found = names(
        plain_database,
        CHILD + "create index x on c (p_id);"
        "update pg_index set indisvalid = false where indexrelid = 'x'::regclass",
    )
    assert set(found) == BOTH


def test_rows_and_deletes_are_counted_over_partitions(plain_database):
    found = names(
        plain_database,
        "create table parent (id int primary key) partition by range (id);"
        "create table parent1 partition of parent for values from (0) to (1000);"
        "create table parent2 partition of parent for values from (1000) to (9000);"
        "insert into parent select generate_series(1, 5000);"
        "create table child (id int, parent_id int references parent) partition by range (id);"
        "create table child1 partition of child for values from (0) to (1000);"
        "create table child2 partition of child for values from (1000) to (9000);"
        "insert into child select i, i from generate_series(1, 3000) i;"
        "delete from parent where id > 4500; select pg_stat_force_next_flush();",
    )
    (key,) = found.values()
    assert (key.table, key.parent, key.partitioned) == ("child", "parent", True)
    assert (key.rows, key.parent_deletes) == (3000, 500)
    assert key.columns == ("parent_id",)


def test_hostile_names_come_as_they_are(plain_database):
    found = names(
        plain_database,
        'create table "p;drop" ("i""d" int primary key);'
        'create table "c \'x" ("re""f" int references "p;drop")',
    )
    (key,) = found.values()
    assert (key.table, key.parent, key.columns) == ("c 'x", "p;drop", ('re"f',))


PARTED = """
create table p (id int primary key); insert into p select generate_series(1, 20);
create table c (id int, p_id int references p) partition by range (id);
create table c1 partition of c for values from (0) to (10);
create table c2 (p_id int, gone text, id int); alter table c2 drop column gone;
alter table c attach partition c2 for values from (10) to (20);
create index on c1 (p_id);
"""


@pytest.mark.parametrize(
    ("more", "served"), [("", False), ("create index on c2 (p_id)", True),
                         ("create index on c2 (id)", False),
                         ("create index on c2 (p_id) where p_id > 3", False)]
)  # fmt: skip
def test_partitions_with_indexes_of_their_own_serve_the_whole(plain_database, more, served):
    assert set(names(plain_database, PARTED + more)) == (set() if served else {"c_p_id_fkey"})


def test_an_index_on_one_of_several_columns_is_told(plain_database):
    found = names(plain_database, CHILD + "create index c_b on c (b)")
    assert found["c_a_b_fkey"].partly == "c_b"
    assert found["c_p_id_fkey"].partly is None
