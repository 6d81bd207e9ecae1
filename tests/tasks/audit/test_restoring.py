import pytest

from perfkit.tasks.audit.restoring import drop_statement, qualified, restored

SEED = """
create table t (a int, b int); create unique index "u x" on t (a) where b > 3;
create index c on t (b); alter table t cluster on c;
create table p (a int) partition by list (a);
create table p1 partition of p for values in (1) partition by list (a);
create table p11 partition of p1 default; create table p2 partition of p default;
create index whole on p (a);
"""


@pytest.fixture
def found(audited, listed):
    every = listed(audited(SEED))
    return {index.name: index for index in every}


def test_an_index_is_dropped_and_built_without_blocking_writes(found):
    assert qualified(found["u x"]) == 'public."u x"'
    assert drop_statement(found["u x"]) == 'DROP INDEX CONCURRENTLY public."u x";'
    assert restored(found["u x"]) == (
        'CREATE UNIQUE INDEX CONCURRENTLY "u x" ON public.t USING btree (a) WHERE (b > 3);'
    )


def test_what_the_table_was_clustered_by_is_so_again(found):
    assert restored(found["c"]).endswith("\nALTER TABLE public.t CLUSTER ON c;")


def test_with_a_partitioned_index_go_its_parts_and_all_come_back(found):
    assert drop_statement(found["whole"]) == "DROP INDEX public.whole;"
    assert restored(found["whole"], list(found.values())).split("\n") == [
        "CREATE INDEX whole ON ONLY public.p USING btree (a);",
        "CREATE INDEX p1_a_idx ON ONLY public.p1 USING btree (a);",
        "CREATE INDEX CONCURRENTLY p11_a_idx ON public.p11 USING btree (a);",
        "ALTER INDEX public.p1_a_idx ATTACH PARTITION public.p11_a_idx;",
        "ALTER INDEX public.whole ATTACH PARTITION public.p1_a_idx;",
        "CREATE INDEX CONCURRENTLY p2_a_idx ON public.p2 USING btree (a);",
        "ALTER INDEX public.whole ATTACH PARTITION public.p2_a_idx;",
    ]
