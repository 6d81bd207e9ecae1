import contextlib

import pytest
import sqlalchemy as sa

from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.invalid import invalid_indexes


def advices(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        return invalid_indexes(catalog.indexes(connection, identify(connection)))


def test_a_build_that_failed_leaves_an_index_to_rebuild(audited):
    engine = audited("create table t (a int); insert into t values (1), (1)")
    with engine.connect() as connection, contextlib.suppress(sa.exc.IntegrityError):
        connection.exec_driver_sql("create unique index concurrently once on t (a)")
    (advice,) = advices(engine)
    assert (advice.action, advice.index, advice.proven) == ("rebuild", "once", True)
    assert advice.do == "REINDEX INDEX CONCURRENTLY public.once;"
    assert "duplicates" in advice.fix


@pytest.mark.parametrize("name", ["i_ccnew", "i_ccold", "i_ccnew1"])
def test_what_a_reindex_left_is_to_be_dropped(audited, name):
    engine = audited(
        f"create table t (a int); create index {name} on t (a);"
        f"update pg_index set indisvalid = false where indexrelid = '{name}'::regclass"
    )
    (advice,) = advices(engine)
    assert advice.action == "drop"
    assert advice.do == f"DROP INDEX CONCURRENTLY IF EXISTS public.{name};"
    assert advice.undo == f"CREATE INDEX CONCURRENTLY {name} ON public.t USING btree (a);"


def test_valid_indexes_are_left_alone(audited):
    assert advices(audited("create table t (a int); create index t_ccnew on t (a)")) == []
